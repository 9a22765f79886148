package dev.pyvisor.transport.launch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The way in for a runner that listens and has no network: a Python outside opens the socket and
 * the file with the token, and then becomes the program that makes the sandbox. Neither the token
 * nor its file is seen inside.
 *
 * <p>Immutable.
 */
final class Inherited {
  /** How many descriptors are handed on behind the standard streams. */
  static final int DESCRIPTORS = 2;

  // Under these numbers, which the runner's own outside.py gives them.
  private static final int TOKEN = 3;
  private static final int LISTENING = 4;

  private Inherited() {}

  /** What the runner is told instead of an address and a file. */
  static List<String> arguments(RunnerStart start) {
    List<String> arguments = new ArrayList<>(start.arguments());
    if (start.tokenFile().isPresent()) {
      arguments.set(arguments.indexOf("--listen") + 1, "fd:" + LISTENING);
      int token = arguments.indexOf("--token-file");
      arguments.set(token, "--token-fd");
      arguments.set(token + 1, Integer.toString(TOKEN));
    }
    return arguments;
  }

  /**
   * The command that opens both and becomes this one; the same command where nothing listens.
   *
   * @param python one of this machine, outside
   * @param runner the runner's files, outside
   */
  static List<String> by(Path python, Path runner, RunnerStart start, List<String> sandbox) {
    if (start.tokenFile().isEmpty()) {
      return sandbox;
    }
    List<String> command = new ArrayList<>();
    command.addAll(List.of(python.toString(), "-I", "-S"));
    command.add(runner.resolve("__main__.py").toString());
    command.addAll(List.of("outside", start.tokenFile().get().toString()));
    command.addAll(sandbox);
    return command;
  }
}
