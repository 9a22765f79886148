package dev.pyvisor.mcp.client;

import dev.pyvisor.mcp.McpLimits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of what a server has written to its standard error. It is read to its end, or the server
 * would wait for that.
 *
 * <p>Guarded by this.
 */
final class StderrTail {
  private static final Logger LOG = LoggerFactory.getLogger(StderrTail.class);

  private byte[] kept = new byte[0];

  void drain(InputStream stderr) {
    byte[] block = new byte[McpLimits.STDERR_KEPT];
    try (stderr) {
      for (int count = stderr.read(block); count >= 0; count = stderr.read(block)) {
        keep(block, count);
      }
    } catch (IOException gone) {
      LOG.debug("standard error of an MCP server: {}", gone.toString());
    }
  }

  private synchronized void keep(byte[] block, int count) {
    int old = Math.min(kept.length, McpLimits.STDERR_KEPT - count);
    byte[] joined = Arrays.copyOfRange(kept, kept.length - old, kept.length + count);
    System.arraycopy(block, 0, joined, old, count);
    kept = joined;
  }

  synchronized String text() {
    return new String(kept, StandardCharsets.UTF_8).strip();
  }
}
