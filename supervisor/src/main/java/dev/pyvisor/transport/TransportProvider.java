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
   * Whether it starts a runner as {@link TransportConfig#sandbox} says: with that launcher, image,
   * command line and inputs, or not at all. Where it does not, whoever asks for anything but a
   * plain process is refused before {@link #open} is called: code must not run with less around it
   * than was asked for. Limits are not meant here; of those the runner itself says which it holds
   * to.
   */
  default boolean launches() {
    return false;
  }

  /**
   * Starts or reaches a runner. Returns at once; the runner's HELLO comes to the listener like any
   * frame.
   *
   * @throws LaunchFailed when it cannot be started; then nothing is left of it
   */
  Transport open(TransportConfig config, FrameSource outbound, TransportListener listener);
}
