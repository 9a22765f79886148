package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A program that makes containers, and what it is called for beside making one.
 *
 * <p>Thread-safe: by a concurrent set.
 *
 * @param kind podman or docker
 * @param command the program: a name on the PATH, or a path
 */
record Engine(Launcher kind, String command) {
  /** What it needs to find its own settings; nothing of it reaches a container. */
  private static final List<String> ITS_OWN =
      List.of(
          "PATH",
          "HOME",
          "XDG_RUNTIME_DIR",
          "XDG_CONFIG_HOME",
          "STORAGE_DRIVER",
          "CONTAINERS_CONF",
          "CONTAINERS_STORAGE_CONF",
          "DOCKER_HOST",
          "DOCKER_CONFIG");

  /** What a container is given to end by itself; the same is the engines' own default. */
  private static final String STOP_SECONDS = "10";

  /** Questions that were answered well in the life of this JVM, one for each image at most. */
  private static final Set<List<String>> GOOD = ConcurrentHashMap.newKeySet();

  /** The one of this machine. */
  Engine(Launcher kind) {
    this(kind, kind.word());
  }

  String name() {
    return kind.word();
  }

  Optional<Path> program() {
    return Program.find(command);
  }

  /** Why it makes no container here, with the fix; empty where it does, as far as it says so. */
  Optional<String> obstacle() {
    if (program().isEmpty()) {
      return Optional.of(
          name() + " is not on the PATH; install " + name() + " (apt-get install " + name() + ")");
    }
    // Both answer at once where all that they need is there: podman its storage, docker its daemon.
    return remembered(List.of("info"))
        .map(
            why ->
                name() + " does not work here (" + why + "); see what '" + name() + " info' says");
  }

  /** Whether an image of that name is there; none is ever fetched. */
  boolean has(String image) {
    return remembered(List.of("image", "inspect", "--format", "{{.Id}}", image)).isEmpty();
  }

  /**
   * Stops a container that is to stay. Its first process ends at the first signal; a container
   * whose first process is another is killed after {@link #STOP_SECONDS}.
   */
  Optional<String> stop(String container) {
    return complaint(List.of("stop", "--time", STOP_SECONDS, container));
  }

  /** Removes a container with all that runs in it; one that is gone already is no failure. */
  Optional<String> remove(String container) {
    return complaint(removing(container)).filter(why -> !why.contains("o such container"));
  }

  /** The command that does it. */
  List<String> removal(String container) {
    return command(removing(container));
  }

  private List<String> removing(String container) {
    List<String> words = new ArrayList<>(List.of("rm", "--force", "--volumes"));
    if (kind == Launcher.PODMAN) {
      // docker kills at once when it is told to force, podman after ten seconds.
      words.addAll(List.of("--time", "0", "--ignore"));
    }
    words.add(container);
    return words;
  }

  /** What to run for these words. */
  List<String> command(List<String> words) {
    List<String> command = new ArrayList<>();
    command.add(program().map(Path::toString).orElse(name()));
    command.addAll(words);
    return command;
  }

  /** Asks once for what is good: whatever goes bad later is told by what is then done with it. */
  private Optional<String> remembered(List<String> words) {
    List<String> question = command(words);
    if (GOOD.contains(question)) {
      return Optional.empty();
    }
    Optional<String> complaint = complaint(words);
    if (complaint.isEmpty()) {
      GOOD.add(question);
    }
    return complaint;
  }

  /**
   * Runs it with these words.
   *
   * @throws IOException when it cannot be started
   */
  Commands.Result ask(List<String> words) throws IOException {
    return Commands.run(command(words), environment());
  }

  /** Runs it with these words; what is wrong where it does not succeed. */
  Optional<String> complaint(List<String> words) {
    try {
      Commands.Result result = ask(words);
      return result.succeeded() ? Optional.empty() : Optional.of(result.complaint());
    } catch (IOException problem) {
      return Optional.of(problem.getMessage());
    }
  }

  /** Fails with what was wrong with a command, if anything was. */
  void required(String verb, Optional<String> complaint) throws IOException {
    if (complaint.isPresent()) {
      throw new IOException(name() + " " + verb + ": " + complaint.get());
    }
  }

  /** Its own environment. */
  static Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String name : ITS_OWN) {
      String value = System.getenv(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    return environment;
  }
}
