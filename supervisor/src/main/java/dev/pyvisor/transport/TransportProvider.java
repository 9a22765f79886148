package dev.pyvisor.transport;

import dev.pyvisor.error.LaunchFailed;
import java.util.List;

/**
 * A named backend, found by {@link java.util.ServiceLoader}.
 *
 * <p>Thread-safe: implementations hold no state.
 */
public interface TransportProvider {
  /** The name that {@code SupervisorClient.Builder.backend} takes: letters, digits and dashes. */
  String name();

  /**
   * The options that this backend takes, beside what every backend is given. A user names one
   * {@code <backend>.<option>}; others are refused before {@link #open} is called.
   */
  default List<BackendOption> options() {
    return List.of();
  }

  /**
   * Starts or reaches a runner. Returns at once; the runner's HELLO comes to the listener like any
   * frame.
   *
   * @throws LaunchFailed when it cannot be started; then nothing is left of it
   */
  Transport open(TransportConfig config, FrameSource outbound, TransportListener listener);
}
