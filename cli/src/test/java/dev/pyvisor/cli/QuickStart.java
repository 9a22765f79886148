package dev.pyvisor.cli;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * How the JVMs of commands are started, once for all tests of a JVM: with an archive of classes, as
 * the launcher does, which takes a fifth off the processor time of a short command. An archive goes
 * with a class path of files alone, so that each folder in it becomes one.
 */
final class QuickStart {
  private static final long LIMIT_SECONDS = 60;

  /** The options, the class path among them. */
  static final List<String> OPTIONS = make();

  private QuickStart() {}

  private static List<String> make() {
    try {
      Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
      Path folder = temporary.resolveSibling(temporary.getFileName() + "-commands");
      Files.createDirectories(folder);
      List<String> files = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        files.add(Files.isDirectory(Path.of(entry)) ? zipped(entry, folder) : entry);
      }
      List<String> common =
          List.of(
              "-XX:TieredStopAtLevel=1",
              "-XX:+UseSerialGC",
              "-Xlog:cds=off",
              "-Xlog:cds+dynamic=off",
              "-cp",
              String.join(File.pathSeparator, files));
      Path archive = folder.resolve("classes.jsa");
      Files.deleteIfExists(archive);
      dump(archive, common);
      List<String> options = new ArrayList<>(List.of("-XX:SharedArchiveFile=" + archive));
      options.addAll(common);
      // A JVM that has made none starts as well, in more time.
      return Files.exists(archive) ? List.copyOf(options) : common;
    } catch (IOException problem) {
      throw new UncheckedIOException(problem);
    }
  }

  private static String zipped(String classes, Path folder) throws IOException {
    Path root = Path.of(classes);
    Path file = folder.resolve(root.getFileName() + ".jar");
    List<Path> found;
    try (Stream<Path> walk = Files.walk(root)) {
      found = walk.filter(Files::isRegularFile).sorted().toList();
    }
    try (OutputStream out = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(out)) {
      for (Path one : found) {
        zip.putNextEntry(new ZipEntry(root.relativize(one).toString()));
        Files.copy(one, zip);
      }
    }
    return file.toString();
  }

  private static void dump(Path archive, List<String> common) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Command.java());
    command.add("-XX:ArchiveClassesAtExit=" + archive);
    command.addAll(common);
    command.addAll(
        List.of(
            Main.class.getName(), "exec", "--value", "--demo-tools", "-c", "(await add(1, 2))"));
    Process process =
        new ProcessBuilder(command)
            .directory(Command.ROOT.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    process.getOutputStream().close();
    try {
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
