package dev.pyvisor.bench;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/** A large file into a workspace and out of it, beside {@code cp} of the same file. */
final class FileRows {
  private static final int EVERY = 25;
  private static final String SIZE = BenchLimits.FILE / (1024 * 1024) + " MiB";
  private static final long SEED = 7;

  private FileRows() {}

  static List<Row> all() {
    return List.of(
        row(Yardstick.COPY.key(), "cp of a file of " + SIZE, Copies::plain),
        row("put", "pyvisor: a file of " + SIZE + " put into a workspace", Copies::put),
        row("collect", "pyvisor: a file of " + SIZE + " collected from it", Copies::collect));
  }

  /** One copy, of the three kinds. */
  private interface Copy {
    void make(Copies copies) throws Exception;
  }

  private static Row row(String key, String title, Copy copy) {
    return new Row(
        key,
        title,
        Yardstick.COPY,
        EVERY,
        workbench -> {
          Copies copies = workbench.subject(Copies.class, Copies::new);
          Probe timed = Probe.timing(copies, () -> copy.make(copies));
          return new Probe(
              copies,
              () -> {
                copies.makeRoom(); // what the one before has left is nobody's time
                return timed.operation().once();
              });
        });
  }

  /** A folder with a file that no file system can keep smaller than it is, and a session. */
  private static final class Copies implements Subject {
    private final Path folder;
    private final Path file;
    private final Path copy;
    private final Path collected;
    private final Runner runner;

    Copies(Interpreter interpreter) throws IOException {
      folder = Files.createTempDirectory("pyvisor-bench-files-");
      file = folder.resolve("file");
      copy = folder.resolve("copy");
      collected = folder.resolve("collected");
      byte[] bytes = new byte[BenchLimits.FILE];
      new Random(SEED).nextBytes(bytes);
      Files.write(file, bytes);
      runner = new Runner(interpreter, CheckpointPolicy.NEVER);
      runner.session().files().put(file, "kept");
    }

    void makeRoom() throws IOException {
      Files.deleteIfExists(copy);
      Files.deleteIfExists(collected);
      runner.run("import os\nif os.path.exists('put'): os.remove('put')");
    }

    void plain() throws IOException, InterruptedException {
      Process cp = new ProcessBuilder("cp", file.toString(), copy.toString()).start();
      boolean ended = cp.waitFor(BenchLimits.OPERATION.toSeconds(), TimeUnit.SECONDS);
      Runner.expect(ended && cp.exitValue() == 0, "cp ended well");
    }

    void put() {
      runner.session().files().put(file, "put");
    }

    void collect() {
      runner.session().files().collect("kept", collected);
    }

    @Override
    public void abort() {
      runner.abort();
    }

    @Override
    public void close() {
      runner.close();
      for (Path left : List.of(file, copy, collected, folder)) {
        try {
          Files.deleteIfExists(left);
        } catch (IOException busy) {
          throw new UncheckedIOException(left + " cannot be removed", busy);
        }
      }
    }
  }
}
