package dev.pyvisor.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/**
 * A directory for temporary files that no other program uses: the contract suite takes whatever
 * appears there for something that a test has left behind.
 */
final class OwnScratch {
  private static final String PROPERTY = "java.io.tmpdir";

  private OwnScratch() {}

  /**
   * Does something while the directory is there; before anything in this JVM has made a temporary
   * file, for Java looks only once where they belong.
   */
  static <T> T during(Callable<T> work) throws Exception {
    String before = System.getProperty(PROPERTY);
    Path folder = Path.of(before, "contract-" + ProcessHandle.current().pid());
    Files.createDirectory(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    System.setProperty(PROPERTY, folder.toString());
    try {
      return work.call();
    } finally {
      System.setProperty(PROPERTY, before);
      delete(folder);
    }
  }

  static void delete(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(folder)) {
      files = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
