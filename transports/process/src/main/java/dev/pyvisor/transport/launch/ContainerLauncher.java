package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.TransportConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container without a network, whose files none can change but those of its workspace and of a
 * /tmp that ends with it. The runner is its first process, so nothing inside can kill or stop it,
 * and all ends with it. One that is kept is {@link KeptContainer}'s.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class ContainerLauncher implements RunnerLauncher {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerLauncher.class);
  private static final String PREFIX = "pyvisor-";

  /** Where the runner is inside. */
  static final String RUNNER = "/pyvisor-runner";

  private static final String HOME = "/tmp";

  private final Engine engine;

  /** {@code kind}: podman or docker. */
  public ContainerLauncher(Launcher kind) {
    this(new Engine(kind));
  }

  ContainerLauncher(Engine engine) {
    this.engine = engine;
  }

  @Override
  public Launcher kind() {
    return engine.kind();
  }

  @Override
  public Optional<String> obstacle() {
    return engine.obstacle();
  }

  @Override
  public LaunchPlan plan(RunnerStart start) {
    TransportConfig config = start.config();
    String image = image(config);
    ContainerUser user = ContainerUser.of(config);
    Optional<KeptFolder> kept = config.sandbox().kept();
    if (kept.isPresent()) {
      return new KeptContainer(engine, kept.get()).plan(start, image, user);
    }
    Path runners = config.privateDirectory().toAbsolutePath().resolve("runner");
    ContainerFolder folder = ContainerFolder.of(config, user, variables(start, runners));
    String name = PREFIX + config.runnerId();

    List<String> command = new ArrayList<>();
    command.add(engine.program().orElseThrow().toString());
    command.addAll(List.of("run", "--rm", "--interactive", "--name", name));
    command.addAll(ContainerOptions.sealed(kind(), user));
    command.addAll(ContainerOptions.limited(config));
    command.addAll(handedOn(start));
    command.addAll(List.of("--env-file", folder.variables().toString()));
    command.addAll(volumes(config, folder));
    command.addAll(List.of("--workdir", folder.runners().toString()));
    config
        .sandbox()
        .containerOptions()
        .ifPresent(
            words ->
                command.addAll(CommandWords.of(config.runnerId(), "container-options", words)));
    command.addAll(List.of("--entrypoint", python(config), image, "-I", "-S", runner(config)));
    command.addAll(Inherited.arguments(start));
    return new LaunchPlan(
        reached(start, command),
        Engine.environment(),
        start.directory(),
        new Remains(() -> remove(name), Optional.of(engine.removal(name))));
  }

  /** With a Python of this machine for what a runner that listens is handed. */
  private static List<String> reached(RunnerStart start, List<String> container) {
    if (start.tokenFile().isEmpty()) {
      return container;
    }
    TransportConfig config = start.config();
    // The configured one is the image's.
    Path python = PythonLocator.locate(config.runnerId(), Optional.empty());
    return Inherited.by(python, RunnerFiles.of(config), start, container);
  }

  private void remove(String container) {
    engine
        .remove(container)
        .ifPresent(why -> LOG.warn("the container {} could not be removed: {}", container, why));
  }

  /**
   * The image to use.
   *
   * @throws LaunchFailed when none is named, there is none of that name, or there is no engine
   */
  private String image(TransportConfig config) {
    Optional<String> obstacle = engine.obstacle();
    if (obstacle.isPresent()) {
      throw refused(config, "no runner in a container: " + obstacle.get());
    }
    String image = config.sandbox().image().orElse("");
    if (image.isEmpty()) {
      throw refused(
          config,
          "the launcher "
              + engine.name()
              + " needs an image; name one that is here with image(...), on the command line --image,"
              + " such as python:3.12-slim after '"
              + engine.name()
              + " pull python:3.12-slim': any with a python3, 3.9 or newer, does");
    }
    if (image.startsWith("-")) {
      throw refused(config, "the image '" + image + "' would be read as an option; name an image");
    }
    if (!engine.has(image)) {
      throw refused(
          config,
          "there is no image '"
              + image
              + "' here, and none is fetched in passing; '"
              + engine.name()
              + " pull "
              + image
              + "' fetches it, '"
              + engine.name()
              + " images' lists those that are here");
    }
    return image;
  }

  static LaunchFailed refused(TransportConfig config, String why) {
    return new LaunchFailed(config.runnerId(), ErrorCode.INVALID_ARGUMENT, why, null);
  }

  /**
   * What podman hands on of the descriptors that it was started with.
   *
   * @throws LaunchFailed with docker, whose daemon makes the container, and has none of them
   */
  private List<String> handedOn(RunnerStart start) {
    if (start.tokenFile().isEmpty()) {
      return List.of();
    }
    if (kind() == Launcher.DOCKER) {
      throw refused(
          start.config(),
          "docker hands no socket on, and a container of ours has no network to listen in; use the"
              + " backend pipe with docker, or the launcher podman or bubblewrap");
    }
    return List.of("--preserve-fds=" + Inherited.DESCRIPTORS);
  }

  /** A path or a name inside the image. */
  static String python(TransportConfig config) {
    return config.python().map(Path::toString).orElse("python3");
  }

  static String runner(TransportConfig config) {
    return config.payload().isPresent() ? RUNNER + "/__main__.py" : RUNNER;
  }

  private static List<String> volumes(TransportConfig config, ContainerFolder folder) {
    Binds binds = new Binds(config.runnerId(), config.privateDirectory().toAbsolutePath());
    config
        .workspace()
        .ifPresent(path -> binds.writable("the workspace", path.toAbsolutePath().normalize()));
    binds.writable("the runner's private directory", folder.runners());
    InputFiles.requireWhole(config);
    config.sandbox().inputs().forEach(binds::input);
    List<String> options = new ArrayList<>(binds.volumes());
    // Not a label of this container's alone: a configured folder may be that of several at once.
    options.addAll(List.of("--volume", folder.payload() + ":" + RUNNER + ":ro,z"));
    return options;
  }

  /** The image has its own PATH, and its user a home that ends with the container. */
  static Map<String, String> variables(RunnerStart start, Path runners) {
    Map<String, String> variables = new LinkedHashMap<>(start.environment());
    Map<String, String> configured = start.config().environment();
    if (!configured.containsKey("PATH")) {
      variables.remove("PATH");
    }
    variables.put("HOME", configured.getOrDefault("HOME", HOME));
    variables.put(RunnerTag.CONFINE, "1");
    variables.put(RunnerTag.DIRECTORY, runners.toString());
    return variables;
  }
}
