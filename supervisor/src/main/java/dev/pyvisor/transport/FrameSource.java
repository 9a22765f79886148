package dev.pyvisor.transport;

import java.nio.ByteBuffer;

/**
 * Where a transport's writer thread gets what it is to write.
 *
 * <p>Thread-safe: one thread takes, any thread may end it.
 */
public interface FrameSource {
  /**
   * Waits until there is something to write, then appends as many whole frames as are there and
   * fit. The buffer must have room for {@code Limits.FRAME} bytes. A frame begins with its own
   * length, for a transport that must cut.
   *
   * @return whether something was appended; false when nothing will ever come again
   */
  boolean take(ByteBuffer into) throws InterruptedException;
}
