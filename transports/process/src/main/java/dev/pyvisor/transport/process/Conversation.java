package dev.pyvisor.transport.process;

import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What is said over the streams of one process.
 *
 * <p>Thread-safe: each method names the thread that calls it.
 */
public interface Conversation {
  /** The process has been started, and no byte of it has been touched; on the opening thread. */
  default void begin(ProcessTransport process) {}

  /**
   * It has written this; on the reader thread.
   *
   * @throws ProtocolError when that breaks a rule: the process is killed, and nothing that it wrote
   *     after is heard
   */
  void heard(ByteBuffer bytes);

  /** Its output has ended, and all of it was heard; on the reader thread. */
  void ended();

  /**
   * Waits until there is something to write, then appends as much as is there and fits; on the
   * writer thread.
   *
   * @return whether something was appended; false when nothing will ever come again: then its input
   *     is closed
   */
  boolean take(ByteBuffer into) throws InterruptedException;

  /**
   * It has exited, and its output has ended or a quarter of a second has passed. When this returns
   * the exit is told, and nothing may be handed to the listener any more; on the thread that
   * watches for the exit.
   */
  default void over() {}

  /** Why it ended, where nobody killed it; on the thread that watches for the exit. */
  String reason(int status);

  /**
   * Whether a process that ends in good order has ended all that it started; else that is swept.
   */
  default boolean leavesNothing() {
    return true;
  }

  /** Whether what is said goes over a way that is cut now; on any thread. */
  default boolean isCut() {
    return false;
  }

  /** Facts for a report of what hangs, one a line; on any thread. */
  default List<String> evidence() {
    return List.of();
  }
}
