package dev.pyvisor.transport.launch;

/**
 * What a launcher has made that does not end with its process: a container, a group of the
 * kernel's.
 *
 * <p>Thread-safe: implementations hold no state that changes.
 */
@FunctionalInterface
public interface Remains {
  /** There is nothing. */
  Remains NONE = () -> {};

  /**
   * Removes it, and what runs in it; where it is gone already, nothing is done. Blocks, within the
   * limit of a command, on the thread that watches for the exit; what cannot be removed is logged.
   */
  void remove();
}
