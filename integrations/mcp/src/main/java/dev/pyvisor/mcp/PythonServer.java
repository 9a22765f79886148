package dev.pyvisor.mcp;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.mcp.server.HttpServing;
import dev.pyvisor.mcp.server.StreamServing;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.function.Supplier;

/**
 * An MCP server whose tools run Python: execute, interrupt, files, sessions, checkpoint and
 * rollback. Each client has a runner of its own, which is started when it first needs one and ends
 * with it.
 *
 * <p>Immutable.
 */
public final class PythonServer {
  private final Supplier<SupervisorClient> runners;

  private PythonServer(Supplier<SupervisorClient> runners) {
    this.runners = runners;
  }

  /**
   * A server that starts its runners so; what the supplier throws is what the client's call fails
   * with.
   */
  public static PythonServer startingWith(Supplier<SupervisorClient> runners) {
    return new PythonServer(runners);
  }

  /**
   * Serves one client over two streams, a message a line, until it closes its end or takes nothing
   * more. Then what runs is interrupted, and nothing is left of its runner. Nothing else may write
   * to {@code out}. The streams stay open.
   *
   * @throws InterruptedException when this thread is interrupted; it ends in the same way
   */
  public void serve(InputStream in, OutputStream out) throws InterruptedException {
    StreamServing.serve(runners, in, out);
  }

  /**
   * Listens for clients over HTTP ("streamable HTTP"), each with a runner of its own, until it is
   * closed.
   *
   * @throws IOException when the address cannot be had
   */
  public HttpListener listen(HttpSettings how) throws IOException {
    return HttpServing.start(runners, how);
  }
}
