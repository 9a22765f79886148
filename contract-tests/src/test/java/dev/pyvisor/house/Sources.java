package dev.pyvisor.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The project's files. */
final class Sources {
  private static final Path ROOT = Path.of(System.getProperty("pyvisor.root"));

  private Sources() {}

  static String text(String file) {
    return read(ROOT.resolve(file));
  }

  static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  /** Files of the whole project with this ending, outside of build results. */
  static List<Path> files(String ending) {
    try (Stream<Path> tree = Files.walk(ROOT)) {
      return tree.filter(file -> file.toString().endsWith(ending))
          .filter(file -> !ROOT.relativize(file).toString().matches("(.*/)?(target|\\.git)/.*"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot walk " + ROOT, e);
    }
  }

  static String relative(Path file) {
    return ROOT.relativize(file).toString();
  }
}
