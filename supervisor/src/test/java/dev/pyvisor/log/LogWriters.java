package dev.pyvisor.log;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** A program that adds lines to one file, a thread for each letter that it is given. */
final class LogWriters {
  /** Bytes of the file: some forty rotations a thread. */
  static final int MOST = 4_096;

  private static final int LINES = 4_000;

  private LogWriters() {}

  public static void main(String[] arguments) throws Exception {
    Path path = Path.of(arguments[0]);
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      for (Future<Void> each :
          threads.invokeAll(
              Stream.of(arguments[1].split("")).map(name -> writer(path, name)).toList())) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  private static Callable<Void> writer(Path path, String name) {
    return () -> {
      try (LogFile file = LogFile.open(path, MOST)) {
        for (int number = 0; number < LINES; number++) {
          file.refresh();
          String line = String.format(Locale.ROOT, "%s %05d%n", name.repeat(40), number);
          file.write(line.getBytes(StandardCharsets.UTF_8));
        }
      }
      return null;
    };
  }
}
