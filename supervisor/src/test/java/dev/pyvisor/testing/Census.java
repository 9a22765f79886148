package dev.pyvisor.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Nothing is left after a test whose runners live in memory: no thread, no temporary file. The
 * contract suite's census, which also looks for processes and descriptors, depends on this module.
 */
public final class Census implements BeforeEachCallback, AfterEachCallback {
  /** Bounds the end of threads that were told to end, on a busy machine. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** The JDK's pools and clocks, JUnit's and surefire's: made once, and bounded. */
  private static final Pattern RESIDENT =
      Pattern.compile(
          "ForkJoinPool\\.commonPool-.*|CompletableFutureDelayScheduler|Common-Cleaner"
              + "|process reaper.*|junit-jupiter-timeout-watcher|surefire-forkedjvm-.*"
              // A @TempDir: JUnit removes it after this, and fails if it cannot.
              + "|junit-\\d+");

  private Set<String> before = Set.of();

  @Override
  public void beforeEach(ExtensionContext context) {
    before = here();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    await()
        .atMost(PATIENCE)
        .pollInSameThread()
        .untilAsserted(() -> assertThat(left()).as("left behind").isEmpty());
  }

  private Set<String> left() {
    Set<String> left = here();
    left.removeAll(before);
    return left;
  }

  private static Set<String> here() {
    Set<String> found = new TreeSet<>();
    Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !RESIDENT.matcher(thread.getName()).matches())
        .forEach(thread -> found.add("thread " + thread.getName() + " #" + thread.getId()));
    Stream.ofNullable(new File(System.getProperty("java.io.tmpdir")).list())
        .flatMap(Arrays::stream)
        .filter(name -> !RESIDENT.matcher(name).matches())
        .forEach(name -> found.add("file " + name));
    return found;
  }
}
