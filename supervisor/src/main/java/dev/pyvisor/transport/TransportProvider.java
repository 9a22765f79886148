package dev.pyvisor.transport;

import dev.pyvisor.error.LaunchFailed;

/**
 * A named backend, found by {@link java.util.ServiceLoader}.
 *
 * <p>Thread-safe: implementations hold no state.
 */
public interface TransportProvider {
  /** The name that {@code SupervisorClient.Builder.backend} takes. */
  String name();

  /**
   * Starts or reaches a runner. Returns at once; the runner's HELLO comes to the listener like any
   * frame.
   *
   * @throws LaunchFailed when it cannot be started; then nothing is left of it
   */
  Transport open(TransportConfig config, FrameSource outbound, TransportListener listener);
}
