package dev.pyvisor.contract.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpClient;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.Launcher;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The census sees each kind of thing that can be left behind. */
class CensusTest {
  private final Footprint before = Footprint.now();

  /** The first channel of a JVM opens a descriptor that stays. */
  @BeforeAll
  static void openTheFirstChannel() throws IOException {
    Pipe first = Pipe.open();
    first.source().close();
    first.sink().close();
  }

  @Test
  void a_thread_of_any_name_is_seen_until_it_ends() throws InterruptedException {
    for (String name : List.of("runner-left-reader", "pyvisor-pool-1", "mcp-reader", "Thread-7")) {
      CountDownLatch end = new CountDownLatch(1);
      Thread thread = waiting(null, end, name);
      assertThat(left()).containsExactly("thread " + name + " #" + thread.getId());
      end.countDown();
      thread.join();
      assertThat(left()).isEmpty();
    }
  }

  @Test
  void a_thread_outside_of_the_tests_group_is_seen() throws InterruptedException {
    ThreadGroup system = Thread.currentThread().getThreadGroup().getParent();
    CountDownLatch end = new CountDownLatch(1);
    Thread thread = waiting(system, end, "left");
    assertThat(left()).containsExactly("thread left #" + thread.getId());
    end.countDown();
    thread.join();
  }

  private static Thread waiting(@Nullable ThreadGroup group, CountDownLatch end, String name) {
    Thread thread =
        new Thread(
            group,
            () -> {
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            name);
    thread.start();
    return thread;
  }

  @Test
  void a_process_is_seen_until_it_ends() throws IOException {
    Process process = new ProcessBuilder("sleep", "30").start();
    assertThat(left()).contains("process " + process.pid());
    process.toHandle().destroyForcibly();
    process.onExit().join();
    assertThat(left()).doesNotContain("process " + process.pid());
  }

  @Test
  void a_pipe_is_seen_until_it_is_closed() throws IOException {
    Pipe pipe = Pipe.open();
    assertThat(left()).anyMatch(line -> line.matches("descriptor \\d+ -> pipe:.*"));
    pipe.source().close();
    pipe.sink().close();
    assertThat(left()).isEmpty();
  }

  @Test
  void a_selector_is_seen_until_it_is_closed() throws IOException {
    Selector selector = Selector.open();
    assertThat(left()).anyMatch(line -> line.matches("descriptor \\d+ -> anon_inode:.*"));
    selector.close();
    assertThat(left()).isEmpty();
  }

  @Test
  void of_a_client_of_http_its_own_selector_is_not_counted() throws IOException {
    HttpClient client = HttpClient.newHttpClient();
    assertThat(left()).isEmpty();
    Selector selector = Selector.open();
    assertThat(left())
        .hasSize(2)
        .allMatch(line -> line.matches("descriptor \\d+ -> anon_inode:.*"));
    selector.close();
    assertThat(client.version()).isNotNull();
  }

  @Test
  void a_regular_file_is_seen_until_it_is_closed(@TempDir Path folder) throws IOException {
    Path file = folder.toRealPath().resolve("any.txt");
    OutputStream open = Files.newOutputStream(file);
    assertThat(left()).singleElement().asString().matches("descriptor \\d+ -> " + file);
    Files.delete(file);
    assertThat(left()).singleElement().asString().endsWith(file + " (deleted)");
    open.close();
    assertThat(left()).isEmpty();
  }

  @Test
  void a_temporary_directory_is_seen_until_it_is_deleted() throws IOException {
    Path directory = Files.createTempDirectory("pyvisor");
    assertThat(left()).containsExactly("file " + directory);
    Files.delete(directory);
    assertThat(left()).isEmpty();
  }

  @Test
  void a_temporary_file_of_any_name_is_seen_until_it_is_deleted() throws IOException {
    Path file = Files.createTempFile(null, null);
    assertThat(left()).containsExactly("file " + file);
    Files.delete(file);
    assertThat(left()).isEmpty();
  }

  @Test
  void an_mbean_is_seen_until_it_is_unregistered() throws JMException {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("dev.pyvisor:type=Client,id=left");
    beans.registerMBean(new StandardMBean(() -> {}, Runnable.class), name);
    assertThat(left()).contains("MBean " + name);
    beans.unregisterMBean(name);
    assertThat(left()).isEmpty();
  }

  @Test
  void a_test_that_leaves_anything_fails_and_is_told_what() {
    Launcher launcher =
        LauncherFactory.create(
            LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build());
    Map<String, TestExecutionResult> results = new TreeMap<>();
    launcher.execute(
        LauncherDiscoveryRequestBuilder.request().selectors(selectClass(Leaking.class)).build(),
        new TestExecutionListener() {
          @Override
          public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest()) {
              results.put(test.getDisplayName(), result);
            }
          }
        });
    Leaking.cleanUp();
    assertThat(results).hasSize(2);
    assertThat(results.get("clean").getThrowable()).isEmpty();
    assertThat(results.get("leaking").getThrowable().orElseThrow())
        .hasMessageContaining("left behind")
        .hasMessageContaining("thread somebody")
        .hasMessageContaining("file " + Leaking.file)
        .hasMessageMatching("(?s).*descriptor \\d+ -> \\Q" + Leaking.file + "\\E.*");
  }

  /** Run by the test above alone; surefire leaves nested classes that are static out. */
  @ExtendWith(Census.class)
  static class Leaking {
    private static final CountDownLatch END = new CountDownLatch(1);
    private static @Nullable Path file;
    private static @Nullable OutputStream open;

    @Test
    void clean() throws InterruptedException {
      CountDownLatch end = new CountDownLatch(1);
      Thread thread = waiting(null, end, "nobody");
      end.countDown();
      thread.join();
    }

    @Test
    void leaking() throws IOException {
      file = Files.createTempFile("any", "thing");
      open = Files.newOutputStream(file);
      waiting(null, END, "somebody");
    }

    static void cleanUp() {
      END.countDown();
      try {
        open.close();
        Files.delete(file);
      } catch (IOException problem) {
        throw new UncheckedIOException(problem);
      }
    }
  }

  private Set<String> left() {
    return Footprint.now().beyond(before);
  }
}
