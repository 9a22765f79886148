package dev.pyvisor.transport;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import java.util.List;
import java.util.Optional;

/**
 * How a backend that starts a runner is to start it, and what that may use.
 *
 * <p>Immutable.
 *
 * @param launcher the chosen one; where none was chosen the backend has its own default
 * @param image the container's image, where one was chosen
 * @param containerOptions more words for the program that starts the container
 * @param command the command line of {@link Launcher#COMMAND}
 * @param limits what the runner's code may use
 * @param inputs what of the host's files its code may read
 * @param container the name of a container that is kept when its client closes, where one was
 *     chosen
 */
public record Sandbox(
    Optional<Launcher> launcher,
    Optional<String> image,
    Optional<String> containerOptions,
    Optional<String> command,
    ResourceLimits limits,
    List<Input> inputs,
    Optional<String> container) {

  /** Nothing was chosen. */
  public static final Sandbox UNCHOSEN =
      new Sandbox(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          ResourceLimits.none());

  public Sandbox {
    inputs = List.copyOf(inputs);
  }

  /** One without inputs. */
  public Sandbox(
      Optional<Launcher> launcher,
      Optional<String> image,
      Optional<String> containerOptions,
      Optional<String> command,
      ResourceLimits limits) {
    this(launcher, image, containerOptions, command, limits, List.of(), Optional.empty());
  }

  /** Nothing but the launcher was chosen. */
  public static Sandbox by(Launcher launcher) {
    return UNCHOSEN.launchedBy(launcher);
  }

  /** The same with this launcher. */
  public Sandbox launchedBy(Launcher other) {
    return new Sandbox(
        Optional.of(other), image, containerOptions, command, limits, inputs, container);
  }

  /** The same with these inputs. */
  public Sandbox reading(List<Input> others) {
    return new Sandbox(launcher, image, containerOptions, command, limits, others, container);
  }

  /** The same with these limits. */
  public Sandbox limitedTo(ResourceLimits others) {
    return new Sandbox(launcher, image, containerOptions, command, others, inputs, container);
  }

  /** The same in a container of this name, which is kept. */
  public Sandbox keptAs(String name) {
    return new Sandbox(
        launcher, image, containerOptions, command, limits, inputs, Optional.of(name));
  }

  /** Where that container has what stays, where both it and an engine for it were chosen. */
  public Optional<KeptFolder> kept() {
    return launcher
        .filter(kind -> kind == Launcher.PODMAN || kind == Launcher.DOCKER)
        .flatMap(kind -> container.map(name -> KeptFolder.of(kind, name)));
  }
}
