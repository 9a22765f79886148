package dev.pyvisor.mcp.client;

import dev.pyvisor.mcp.McpLimits;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of what a server has written to its standard error. It is read to its end, or the server
 * would wait for that.
 *
 * <p>Thread-safe: what is kept is guarded by this.
 */
final class StderrTail {
  private static final Logger LOG = LoggerFactory.getLogger(StderrTail.class);

  private final CountDownLatch drained = new CountDownLatch(1);
  private byte[] kept = new byte[0];

  /**
   * Reads to the end, which may be later than that of the server: a child of it may have it open.
   */
  void drain(InputStream stderr) {
    byte[] block = new byte[McpLimits.STDERR_KEPT];
    try (stderr) {
      for (int count = stderr.read(block); count >= 0; count = stderr.read(block)) {
        keep(block, count);
      }
    } catch (IOException gone) {
      LOG.debug("standard error of an MCP server: {}", gone.toString());
    } finally {
      drained.countDown();
    }
  }

  /**
   * What stands at the end of it, for which an ended server's last words are waited for so long.
   */
  String lastWords(Duration limit) throws InterruptedException {
    if (!drained.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
      LOG.debug("standard error of an MCP server is open for more than {}", limit);
    }
    return text();
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
