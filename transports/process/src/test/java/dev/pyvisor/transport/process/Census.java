package dev.pyvisor.transport.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.transport.launch.PythonVersion;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Nothing is left after a test: no thread of a runner, no child, no descriptor, no directory. */
public final class Census implements BeforeEachCallback, AfterEachCallback {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int FIRST_USE = 2;

  private long descriptors;
  private Set<Path> directories = Set.of();

  @Override
  public void beforeEach(ExtensionContext context) throws Exception {
    // The first process of a JVM opens descriptors that stay for good.
    assertThat(PythonVersion.byAsking(Path.of("/usr/bin/env"))).isEmpty();
    descriptors = descriptors();
    directories = directories();
  }

  @Override
  public void afterEach(ExtensionContext context) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(threads()).as("threads of a runner").isEmpty();
              assertThat(children()).as("children").isEmpty();
              assertThat(directories()).as("private directories").isEqualTo(directories);
              assertThat(descriptors())
                  .as("open descriptors")
                  .isLessThanOrEqualTo(descriptors + FIRST_USE);
            });
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith("runner-"))
        // Idle ones of a pool that was shut down end by themselves.
        .toList();
  }

  private static List<String> children() {
    return ProcessHandle.current()
        .descendants()
        .map(handle -> handle.pid() + " " + handle.info().command().orElse("?"))
        .toList();
  }

  private static Set<Path> directories() throws IOException {
    List<Path> found = new ArrayList<>();
    Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(temporary, "pyvisor-*")) {
      entries.forEach(found::add);
    }
    return found.stream().filter(Census::mine).collect(Collectors.toSet());
  }

  /**
   * Other tests of this user may run beside this one; a client's directory is private to its
   * process only by its name.
   */
  private static boolean mine(Path directory) {
    return OWN.stream().anyMatch(id -> directory.getFileName().toString().contains(id));
  }

  /** Ids of the runners that this process's tests have opened. */
  public static final Set<String> OWN = java.util.concurrent.ConcurrentHashMap.newKeySet();

  /**
   * Those that a transport may hold; what the JVM itself opens when it first needs it is no leak.
   */
  private static long descriptors() throws IOException {
    long count = 0;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path entry : entries) {
        if (leadsToAnother(entry)) {
          count++;
        }
      }
    }
    return count;
  }

  private static boolean leadsToAnother(Path descriptor) {
    try {
      String target = Files.readSymbolicLink(descriptor).toString();
      return target.startsWith("pipe:") || target.startsWith("socket:");
    } catch (IOException closedMeanwhile) {
      return false;
    }
  }
}
