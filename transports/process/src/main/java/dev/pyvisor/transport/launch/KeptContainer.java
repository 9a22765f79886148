package dev.pyvisor.transport.launch;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container that is there for longer than a runner: the same as one that ends with its runner,
 * but its first process does nothing, and a runner is started in it. Whoever uses it holds its
 * lock.
 *
 * <p>Immutable.
 *
 * @param engine what makes it
 * @param folder what of it stays
 */
record KeptContainer(Engine engine, KeptFolder folder) {
  private static final Logger LOG = LoggerFactory.getLogger(KeptContainer.class);

  /** Where {@link KeptFolder#told} is inside; the runner knows it. */
  static final String TOLD = "/pyvisor-kept";

  /** $1 is a runner, $2 where to write its name; the rest is a command. */
  private static final String LAST_WORDS = "printf %s \"$1\" > \"$2\"; shift 2; exec \"$@\"";

  /**
   * How a runner is started in it; the container is there and empty then.
   *
   * @throws LaunchFailed when it is another's, another would be made, or it cannot be made
   */
  LaunchPlan plan(RunnerStart start, String image, ContainerUser user) {
    TransportConfig config = start.config();
    requireHolds(start);
    String client = config.privateDirectory().toAbsolutePath().getFileName().toString();
    Path variables = config.privateDirectory().toAbsolutePath().resolve("variables");
    Map<String, String> environment =
        ContainerLauncher.variables(start, folder.runners().resolve(client));
    try {
      Optional<KeptState> found = KeptState.of(engine, folder.name());
      requireOurs(config, found);
      furnish(config, user);
      KeptRecipe recipe = KeptRecipe.of(engine, folder, config, image, imageId(image), user);
      found.ifPresent(state -> requireSame(config, recipe, state));
      ContainerFolder.write(config, variables, environment);
      attach(config, recipe, found, sweep(config, "attach", client));
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(),
          "the container '" + folder.name() + "' cannot be used: " + problem.getMessage(),
          problem);
    }
    List<String> runner = new ArrayList<>(List.of("exec", "--interactive"));
    runner.addAll(List.of("--env-file", variables.toString()));
    runner.addAll(List.of("--workdir", folder.runners().resolve(client).toString()));
    runner.addAll(program(config));
    runner.addAll(start.arguments());
    List<String> sweep = sweep(config, "sweep", client);
    return new LaunchPlan(
        engine.command(runner),
        Engine.environment(),
        start.directory(),
        new Remains(() -> end(config, sweep), Optional.of(will(config))));
  }

  /** What is one client's cannot be in a container of several. */
  private void requireHolds(RunnerStart start) {
    TransportConfig config = start.config();
    if (!config.sandbox().inputs().isEmpty()) {
      throw ContainerLauncher.refused(
          config,
          "inputs are mounts of one client, and the container '"
              + folder.name()
              + "' is kept for the next one, too; put files into it with session.files(), or leave"
              + " container(...) out");
    }
    if (start.tokenFile().isPresent()) {
      throw ContainerLauncher.refused(
          config,
          "a runner in a kept container is reached by its standard streams only; use the backend"
              + " pipe with container '"
              + folder.name()
              + "', or leave container(...) out");
    }
  }

  /** Makes what is not there of the folder. */
  private void furnish(TransportConfig config, ContainerUser user) throws IOException {
    directory(folder.path(), "rwx------");
    // Of the machine's users, only this one gets that far.
    directory(folder.told(), "rwxr-xr-x");
    for (Path own : List.of(folder.files(), folder.runners())) {
      if (!Files.isDirectory(own)) {
        directory(own, "rwx------");
      }
      user.own(own);
    }
    replace(folder.ended(), new byte[0]);
    // Its owner writes it once more when it can do nothing else, by its name.
    Files.setPosixFilePermissions(folder.ended(), PosixFilePermissions.fromString("rw-r--r--"));
    replace(folder.holder(), config.runnerId().getBytes(StandardCharsets.US_ASCII));
  }

  private static void directory(Path path, String mode) throws IOException {
    Files.createDirectories(path);
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  /** At once: it may be read just now. */
  private static void replace(Path file, byte[] bytes) throws IOException {
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(fresh);
    Files.write(fresh, bytes);
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("r--r--r--"));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private String imageId(String image) throws IOException {
    Commands.Result told = engine.ask(List.of("image", "inspect", "--format", "{{.Id}}", image));
    if (!told.succeeded()) {
      throw new IOException(engine.name() + " image inspect: " + told.complaint());
    }
    return told.out().strip();
  }

  private void attach(
      TransportConfig config, KeptRecipe recipe, Optional<KeptState> found, List<String> sweep)
      throws IOException {
    if (found.isPresent()) {
      Optional<String> problem = woken(found.get()).or(() -> engine.complaint(sweep));
      if (problem.isEmpty()) {
        return;
      }
      LOG.warn(
          "the container {} is of no use any more ({}); it is removed and made anew, with its files",
          folder.name(),
          problem.get());
      engine.required("rm", engine.remove(folder.name()));
    }
    if (config.payload().isEmpty()) {
      replace(folder.payload(), RunnerPayload.bytes());
    }
    engine.required("run", engine.complaint(recipe.words()));
    engine.required("exec", engine.complaint(sweep));
  }

  private Optional<String> woken(KeptState state) {
    return state.running() ? Optional.empty() : engine.complaint(List.of("start", folder.name()));
  }

  private void requireOurs(TransportConfig config, Optional<KeptState> found) {
    if (found.isPresent() && !found.get().isOurs(folder.name())) {
      throw ContainerLauncher.refused(
          config,
          "there is a container '"
              + folder.name()
              + "' that Pyvisor has not made, and it is left alone; choose another name with"
              + " container(...)");
    }
  }

  private void requireSame(TransportConfig config, KeptRecipe recipe, KeptState state) {
    if (state.facts().get(KeptRecipe.DIGEST).equals(recipe.facts().get(KeptRecipe.DIGEST))) {
      return;
    }
    List<String> differences = new ArrayList<>();
    for (String fact : KeptRecipe.NAMED) {
      String then = state.facts().get(fact);
      String now = recipe.facts().get(fact);
      if (!now.equals(then)) {
        differences.add(fact + " was '" + then + "' and is now '" + now + "'");
      }
    }
    throw ContainerLauncher.refused(
        config,
        "the container '"
            + folder.name()
            + "' was made otherwise ("
            + (differences.isEmpty()
                ? "by a version of Pyvisor that makes containers in another way"
                : String.join("; ", differences))
            + "); use it as it was made, or destroy it with KeptContainers.destroy, with its files,"
            + " for a new one");
  }

  private List<String> program(TransportConfig config) {
    return List.of(
        folder.name(),
        ContainerLauncher.python(config),
        "-I",
        "-S",
        ContainerLauncher.runner(config));
  }

  /** Ends all that runs in it but its first process, where this runner still is its holder. */
  private List<String> sweep(TransportConfig config, String verb, String client) {
    List<String> words = new ArrayList<>(List.of("exec"));
    words.addAll(
        List.of("--env", RunnerTag.DIRECTORY + "=" + folder.runners().resolve(client).toString()));
    words.addAll(program(config));
    words.addAll(List.of(verb, config.runnerId()));
    return words;
  }

  /**
   * Ends the same where no process can be started inside: by a signal to the first one, once it can
   * read whose host is gone.
   */
  private List<String> will(TransportConfig config) {
    List<String> words =
        new ArrayList<>(List.of("/bin/sh", "-c", LAST_WORDS, "pyvisor-end", config.runnerId()));
    words.add(folder.ended().toString());
    words.addAll(engine.command(List.of("kill", "--signal", "USR1", folder.name())));
    return words;
  }

  private void end(TransportConfig config, List<String> sweep) {
    engine
        .complaint(sweep)
        .flatMap(why -> complaint(will(config)).map(also -> why + "; " + also))
        .ifPresent(
            why ->
                LOG.warn(
                    "what runs in the container {} could not be ended, and is by its next client:"
                        + " {}",
                    folder.name(),
                    why));
  }

  private static Optional<String> complaint(List<String> command) {
    try {
      Commands.Result result = Commands.run(command, Engine.environment());
      return result.succeeded() ? Optional.empty() : Optional.of(result.complaint());
    } catch (IOException problem) {
      return Optional.of(problem.getMessage());
    }
  }
}
