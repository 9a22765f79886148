package dev.pyvisor.mcp;

import java.net.URI;

/**
 * A server that listens.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public interface HttpListener extends AutoCloseable {
  /** Where clients find it. */
  URI url();

  /** Ends it, with the runners of all its clients. Closing again does nothing. */
  @Override
  void close();
}
