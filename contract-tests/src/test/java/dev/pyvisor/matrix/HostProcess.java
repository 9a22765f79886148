package dev.pyvisor.matrix;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A program that is a host, in a JVM of its own that can be killed or stopped.
 *
 * <p>Immutable.
 */
record HostProcess(Process process, BufferedReader lines, Path folder) implements AutoCloseable {

  /** {@code folder}: where its private directories are. */
  static HostProcess start(Path folder, Class<?> program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + folder);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    return new HostProcess(
        process,
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)),
        folder);
  }

  /** The next line that it prints. */
  String line() throws IOException {
    return lines.readLine();
  }

  void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Those that are there. */
  List<Path> privateDirectories() throws IOException {
    return privateDirectories(folder);
  }

  static List<Path> privateDirectories(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith("pyvisor-")).toList();
    }
  }

  /** Whatever came of it. */
  @Override
  public void close() throws IOException {
    kill();
    lines.close();
  }
}
