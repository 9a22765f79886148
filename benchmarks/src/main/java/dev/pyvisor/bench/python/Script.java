package dev.pyvisor.bench.python;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A Python program that this jar carries; it is handed to the interpreter as text. */
public enum Script {
  /** Sends back every frame that it gets. */
  ECHO("echo.py"),
  /** Executes code that comes as JSON lines, as people write it by hand. */
  JSON_LINES("json_lines.py"),
  /** Builds a heap and forks itself. */
  FORKS("forks.py"),
  /** Drives an ipykernel through jupyter_client. */
  IPYKERNEL("ipykernel_driver.py"),
  /** Burns a core. */
  BUSY_LOOP("busy_loop.py"),
  /** An MCP server with one tool. */
  MCP_SERVER("mcp_server.py"),
  /** The other side of the broken forms. */
  WEDGE_PEER("wedge_peer.py");

  private final String resource;

  Script(String resource) {
    this.resource = resource;
  }

  /** The program's source. */
  public String text() {
    try (InputStream in = Script.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is missing from the jar; build it again");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + resource, e);
    }
  }
}
