package dev.pyvisor.cli;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** The command line in a JVM of its own, as a shell would start it. */
final class Command {
  /** Bounds a whole run; a cold JVM and a cold Python on a loaded machine take seconds. */
  private static final long LIMIT_SECONDS = 60;

  static final Path ROOT = Path.of(System.getProperty("pyvisor.root"));

  record Result(int status, String out, String err) {}

  private Command() {}

  static Process start(Path directory, String... arguments) throws IOException {
    return builder(directory, arguments).start();
  }

  private static ProcessBuilder builder(Path directory, String... arguments) {
    return new ProcessBuilder(line(List.of(), List.of(arguments))).directory(directory.toFile());
  }

  /** The whole command line, with options of the JVM's own. */
  static List<String> line(List<String> jvmOptions, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java());
    command.addAll(QuickStart.OPTIONS);
    // What it leaves there is left by the test.
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.addAll(jvmOptions);
    command.add(Main.class.getName());
    command.addAll(arguments);
    return command;
  }

  static Result run(String... arguments) throws Exception {
    return run(ROOT, "", arguments);
  }

  static Result run(Path directory, String input, String... arguments) throws Exception {
    return run(builder(directory, arguments), input);
  }

  /** With variables in the environment on top of this process's own. */
  static Result run(Map<String, String> variables, String... arguments) throws Exception {
    ProcessBuilder builder = builder(ROOT, arguments);
    builder.environment().putAll(variables);
    return run(builder, "");
  }

  /**
   * In this JVM, which nothing else uses meanwhile: for what is refused before anything is started,
   * and would else be as many JVMs.
   */
  static Result refused(String... arguments) {
    PrintStream out = System.out;
    PrintStream err = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    ByteArrayOutputStream complained = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(complained, true, StandardCharsets.UTF_8));
    try {
      int status = Main.run(arguments);
      return new Result(
          status,
          said.toString(StandardCharsets.UTF_8),
          complained.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private static Result run(ProcessBuilder builder, String input) throws Exception {
    Process process = builder.start();
    CompletableFuture<String> out = drain(process.getInputStream());
    CompletableFuture<String> err = drain(process.getErrorStream());
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
    }
    int status = await(process);
    return new Result(status, out.get(10, TimeUnit.SECONDS), err.get(10, TimeUnit.SECONDS));
  }

  /** The program that starts a JVM like this one. */
  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  static int await(Process process) throws InterruptedException {
    if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.toHandle().destroyForcibly();
      throw new AssertionError("the command was not done within " + LIMIT_SECONDS + " s");
    }
    return process.exitValue();
  }

  private static CompletableFuture<String> drain(InputStream stream) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread drain =
        new Thread(
            () -> {
              try {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
              } catch (IOException e) {
                text.completeExceptionally(new UncheckedIOException(e));
              }
            },
            "drain");
    drain.setDaemon(true);
    drain.start();
    return text;
  }

  static String python() {
    for (String folder : System.getenv("PATH").split(File.pathSeparator)) {
      File python = new File(folder, "python3");
      if (python.canExecute()) {
        return python.getPath();
      }
    }
    throw new AssertionError("no python3 on the PATH");
  }
}
