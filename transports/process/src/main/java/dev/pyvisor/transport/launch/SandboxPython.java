package dev.pyvisor.transport.launch;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A Python of this machine, and what of the machine it needs in order to run elsewhere.
 *
 * <p>Immutable.
 *
 * @param executable the program itself: a script that only leads to it, as pyenv has them, is
 *     followed
 * @param paths folders and files that it is made of: those of a virtual environment, and those of
 *     the installation that this was made from
 */
record SandboxPython(Path executable, List<Path> paths) {
  private static final String QUESTION =
      "import sys; sys.stdout.write('\\n'.join((sys.executable, sys.prefix, sys.exec_prefix,"
          + " sys.base_prefix, sys.base_exec_prefix)))";
  private static final int ANSWERS = 5;

  /** More links than the system itself follows. */
  private static final int LINKS = 40;

  /** Interpreters that were asked for; each is asked once in the life of this JVM. */
  private static final Map<Path, SandboxPython> ASKED = new ConcurrentHashMap<>();

  SandboxPython {
    paths = List.copyOf(paths);
  }

  /**
   * The configured one, or the first usable one of the PATH.
   *
   * @throws LaunchFailed when there is none, or it does not say where it lives
   */
  static SandboxPython of(TransportConfig config) {
    Path python = PythonLocator.locate(config.runnerId(), config.python());
    SandboxPython known = ASKED.get(python);
    if (known == null) {
      known = ask(config.runnerId(), python);
      ASKED.put(python, known);
    }
    return known;
  }

  private static SandboxPython ask(String runnerId, Path python) {
    Commands.Result said;
    try {
      said = Commands.run(List.of(python.toString(), "-I", "-c", QUESTION), environment());
    } catch (IOException problem) {
      throw new LaunchFailed(runnerId, python + " could not be started: " + problem.getMessage());
    }
    List<String> answers = said.out().lines().toList();
    if (!said.succeeded() || answers.size() != ANSWERS) {
      throw new LaunchFailed(
          runnerId,
          python
              + " does not say where it is installed ("
              + said.complaint()
              + "); choose another"
              + " with python(...) or --python");
    }
    List<Path> told = answers.stream().map(Path::of).toList();
    Set<Path> paths = new LinkedHashSet<>();
    for (Path folder : told.subList(1, ANSWERS)) {
      paths.add(folder);
      paths.add(real(folder));
    }
    links(told.get(0), paths);
    return new SandboxPython(told.get(0), List.copyOf(paths));
  }

  /** A virtual environment's program is a link, perhaps over others, and finds itself by them. */
  private static void links(Path program, Set<Path> into) {
    Path at = program;
    for (int hops = 0; hops < LINKS && Files.isSymbolicLink(at); hops++) {
      into.add(at);
      try {
        at = at.resolveSibling(Files.readSymbolicLink(at)).normalize();
      } catch (IOException gone) {
        return;
      }
    }
    into.add(at);
    into.add(real(at));
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException gone) {
      return path;
    }
  }

  /** Scripts that lead to an interpreter find it by these. */
  private static Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String name : List.of("PATH", "HOME")) {
      String value = System.getenv(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    return environment;
  }
}
