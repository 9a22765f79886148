package dev.pyvisor.contract.matrix;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The folder in which the JVMs of one build gather their parts of the matrix. Whoever adds a part
 * writes the whole anew, so that the last one has it all; parts of another build are removed.
 *
 * <p>Immutable.
 *
 * @param folder made when the first part is written
 * @param build names the build; a part of another one is not counted
 */
record MatrixFolder(Path folder, String build) {
  static final String TEXT = "matrix.txt";
  static final String JSON = "matrix.json";
  static final String PAGE = "index.html";

  /** Adds the results of one test plan and returns the whole matrix. */
  Matrix add(Matrix part, String name) throws IOException {
    Path parts = Files.createDirectories(folder.resolve("parts"));
    try (FileChannel channel =
        FileChannel.open(
            parts.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.lock(); // until the channel is closed
      write(parts.resolve(prefix() + name + ".json"), MatrixJson.of(part));
      Matrix whole = new Matrix(gather(parts));
      write(folder.resolve(TEXT), MatrixText.of(whole));
      write(folder.resolve(JSON), MatrixJson.of(whole));
      write(folder.resolve(PAGE), MatrixPage.of(whole));
      return whole;
    }
  }

  private List<Result> gather(Path parts) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.list(parts)) {
      files = all.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
    List<Result> results = new ArrayList<>();
    for (Path file : files) {
      if (file.getFileName().toString().startsWith(prefix())) {
        results.addAll(MatrixJson.results(Files.readString(file, StandardCharsets.UTF_8)));
      } else {
        Files.delete(file);
      }
    }
    return results;
  }

  private String prefix() {
    return build.replaceAll("[^A-Za-z0-9]", "-") + "+";
  }

  private static void write(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
