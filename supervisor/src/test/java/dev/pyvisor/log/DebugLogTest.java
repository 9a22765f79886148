package dev.pyvisor.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.transport.ThreadRoster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever becomes of the log, nobody who tells it something notices. */
@Timeout(20)
class DebugLogTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir Path folder;
  private final ThreadRoster threads = new ThreadRoster("0a1b2c3d");
  private final Queue<String> warnings = new ConcurrentLinkedQueue<>();
  private final List<String> written = new ArrayList<>();

  @AfterEach
  void nothing_is_left() {
    await().until(() -> threads.alive().isEmpty());
  }

  private DebugLog to(DebugLog.Opener opener) {
    return DebugLog.to(opener, threads, warnings::add);
  }

  private static void note(DebugLog log, String text) {
    log.note(LogEvent.TOOL_END, facts -> facts.put("tool", text));
  }

  private static void close(DebugLog log) {
    log.close(LogEvent.CLIENT_CLOSED, facts -> facts.put("client", "x"), PATIENCE);
  }

  /** Keeps what it is given; {@code before}: what happens first, each time. */
  private DebugLog.Sink sink(Step before) {
    return new DebugLog.Sink() {
      @Override
      public void write(List<LogLine> lines) throws IOException {
        before.take();
        for (LogLine line : lines) {
          written.add(new String(line.bytes(Secrets.UNKNOWN), StandardCharsets.UTF_8));
        }
      }

      @Override
      public void close() {}
    };
  }

  /** Something on the thread that writes. */
  private interface Step {
    void take() throws IOException;
  }

  @Test
  @Rule("C128")
  void what_it_is_told_is_in_the_file_when_it_is_closed() throws IOException {
    Path file = folder.resolve("log");
    DebugLog log = DebugLog.to(file, Map.of(), threads);
    note(log, "a");
    note(log, "b");
    close(log);
    assertThat(Files.readAllLines(file))
        .extracting(line -> line.replaceAll(".*\"event\":\"([^\"]*)\".*", "$1"))
        .containsExactly("tool.end", "tool.end", "client.closed");
    assertThat(log.isOn()).isFalse();
  }

  @Test
  @Rule("C130")
  void one_that_is_off_has_no_thread_and_asks_for_no_facts() {
    DebugLog off = DebugLog.off();
    assertThat(off.isOn()).isFalse();
    off.note(
        LogEvent.TOOL_END,
        facts -> {
          throw new AssertionError("nobody wants them");
        });
    close(off);
    assertThat(threads.alive()).isEmpty();
  }

  @Test
  @Rule("C134")
  void one_that_cannot_be_opened_is_told_once_and_is_off() {
    DebugLog log =
        to(
            () -> {
              throw new IOException("no such luck");
            });
    await().until(() -> !warnings.isEmpty());
    assertThat(log.isOn()).isFalse();
    note(log, "a");
    close(log);
    assertThat(warnings).containsExactly("java.io.IOException: no such luck");
  }

  @Test
  @Rule("C134")
  void one_that_cannot_be_written_any_more_is_told_once_and_is_off() {
    DebugLog log =
        to(
            () ->
                sink(
                    () -> {
                      throw new IOException("No space left on device");
                    }));
    note(log, "a");
    await().until(() -> !warnings.isEmpty());
    assertThat(log.isOn()).isFalse();
    for (int more = 0; more < 10; more++) {
      note(log, "b");
    }
    close(log);
    assertThat(warnings).containsExactly("java.io.IOException: No space left on device");
  }

  @Test
  @Rule("C134")
  void a_disk_that_hangs_holds_up_nobody_and_what_it_cost_is_told() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    DebugLog log =
        to(
            () ->
                sink(
                    () -> {
                      stuck.countDown();
                      awaitQuietly(release);
                    }));
    note(log, "first");
    assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
    // Were one of these to wait, it would wait for ever: nobody releases the disk before the end.
    for (int event = 0; event < Defaults.LOG_LINES + 5; event++) {
      note(log, "more");
    }
    log.close(LogEvent.CLIENT_CLOSED, facts -> {}, Duration.ofMillis(50));
    assertThat(written).isEmpty();
    release.countDown();
    await().until(() -> threads.alive().isEmpty());
    assertThat(written).hasSize(Defaults.LOG_LINES + 2);
    assertThat(written.get(Defaults.LOG_LINES + 1)).contains("client.closed", "\"dropped\":5");
    assertThat(warnings).isEmpty();
  }

  private static void awaitQuietly(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  @Rule("C134")
  void facts_that_cannot_be_had_are_counted_and_harm_nobody() {
    DebugLog log = to(() -> sink(() -> {}));
    log.note(
        LogEvent.TOOL_START,
        facts -> {
          throw new IllegalStateException("a guest's doing");
        });
    note(log, "next");
    close(log);
    assertThat(written).hasSize(2);
    assertThat(written.get(0)).contains("\"dropped\":1", "next");
  }

  /** A device that is full, for who names one through a link. */
  @Test
  @Rule("C134")
  void a_full_device_costs_one_warning() throws IOException {
    Path full = Files.createSymbolicLink(folder.resolve("full"), Path.of("/dev/full"));
    DebugLog log = to(() -> sink(() -> LogFile.open(full)));
    note(log, "a");
    await().until(() -> !warnings.isEmpty());
    close(log);
    assertThat(warnings).hasSize(1).first().asString().contains("is no regular file");
  }
}
