package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.process.LocalBackend;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.ProtocolError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Proxy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a runner that somebody else has started is left, and how its end is seen. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class AttachedTransportTest {
  private static final String TOKEN = "correct-horse-battery-staple-0123456789";
  private static final Duration LONG = Duration.ofMinutes(5);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final ThreadRoster threads = new ThreadRoster("7");
  private Heard heard;
  private CountDownLatch nothingMore;
  private Process runner;
  private TransportConfig config;
  private Destination destination;

  @BeforeEach
  void listen() throws IOException {
    Path token = Files.writeString(folder.resolve("token"), TOKEN);
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
    config = config(threads);
    LaunchPlan plan =
        LocalBackend.runner(
            config,
            folder,
            List.of("--listen", "127.0.0.1:0", "--token-file", token.toString(), "--leash"));
    ProcessBuilder builder = new ProcessBuilder(plan.command());
    builder.environment().putAll(plan.environment());
    runner = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String line =
        new BufferedReader(new InputStreamReader(runner.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    String address = line.replaceFirst(".*\"listening\": ?\"([^\"]+)\".*", "$1");
    destination =
        new Destination(URI.create("ws://" + address + "/v1/link"), TOKEN, false, Optional.empty());
  }

  @AfterEach
  void end() throws Exception {
    nothingMore.countDown();
    runner.getOutputStream().close();
    assertThat(runner.waitFor(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void closing_leaves_the_runner_and_ends_all_threads() throws Exception {
    AttachedTransport transport = attach(LONG);
    nothingMore.countDown();
    transport.close(LIMIT);
    transport.close(LIMIT);
    ExitReport report = heard.end.getNow(null);
    assertThat(report.reason()).isEqualTo("its host has closed it");
    assertThat(report.exitStatus()).isEmpty();
    assertThat(report.stderrTail()).isEmpty();
    assertThat(heard.ends).isEqualTo(1);
    assertThat(runner.isAlive()).isTrue();
    for (Thread thread : threads.alive()) {
      thread.join(LIMIT.toMillis());
    }
    assertThat(threads.alive()).isEmpty();
    attach(LONG).kill("the next one has got in");
  }

  @Test
  void a_kill_gives_it_up_without_waiting_for_what_was_to_be_written() throws Exception {
    AttachedTransport transport = attach(LONG);
    transport.kill("enough");
    transport.kill("too late");
    assertThat(heard.end.get(20, TimeUnit.SECONDS).reason()).isEqualTo("it was given up: enough");
    assertThat(runner.isAlive()).isTrue();
  }

  @Test
  void a_runner_that_says_that_it_ends_is_gone_at_once() throws Exception {
    attach(LONG);
    runner.destroy();
    assertThat(heard.end.get(20, TimeUnit.SECONDS).reason()).isEqualTo("it ended");
  }

  @Test
  void a_runner_that_died_without_a_word_is_gone_when_it_was_out_of_reach_for_too_long()
      throws Exception {
    attach(Duration.ofMillis(50));
    runner.destroyForcibly();
    assertThat(heard.end.get(20, TimeUnit.SECONDS).reason())
        .startsWith("disconnected_too_long: no connection for PT0.05S: ");
  }

  @Test
  void without_a_thread_that_writes_it_is_left_again() throws Exception {
    AtomicInteger made = new AtomicInteger();
    ThreadRoster poor =
        new ThreadRoster(
            "7",
            work -> {
              if (made.getAndIncrement() > 0) {
                throw new OutOfMemoryError("unable to create native thread");
              }
              return new Thread(work);
            });
    assertThatThrownBy(() -> attach(LONG, config(poor)))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("unable to create native thread");
    assertThat(heard.end.get(20, TimeUnit.SECONDS).reason()).contains("could not be started");
    assertThat(runner.isAlive()).isTrue();
    attach(LONG).kill("the next one has got in");
  }

  @Test
  void its_evidence_is_the_link_alone() throws Exception {
    AttachedTransport transport = attach(LONG);
    assertThat(transport.evidence())
        .hasSize(2)
        .anyMatch(fact -> fact.equals("attached to " + destination.address()))
        .anyMatch(fact -> fact.startsWith("link attached=true"))
        .noneMatch(fact -> fact.contains(TOKEN) || fact.contains("process"));
    transport.kill("done");
  }

  private TransportConfig config(ThreadRoster roster) {
    return Configs.of(folder, Sandbox.UNCHOSEN, roster, Map.of());
  }

  private AttachedTransport attach(Duration patience) throws Exception {
    return attach(patience, config);
  }

  private AttachedTransport attach(Duration patience, TransportConfig given) throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    nothingMore = over;
    FrameSource nothing =
        into -> {
          over.await();
          return false;
        };
    heard = new Heard();
    AttachedTransport transport =
        AttachedTransport.start(given, destination, Proxy.NO_PROXY, patience, nothing, heard);
    assertThat(heard.first.get(20, TimeUnit.SECONDS).kind()).isEqualTo(FrameKind.HELLO);
    return transport;
  }

  private static final class Heard implements TransportListener {
    final CompletableFuture<Frame> first = new CompletableFuture<>();
    final CompletableFuture<ExitReport> end = new CompletableFuture<>();
    volatile int ends;

    @Override
    public void onFrame(Frame frame) {
      first.complete(frame);
    }

    @Override
    public void onViolation(ProtocolError error) {
      first.completeExceptionally(error);
    }

    @Override
    public void onClosed(ExitReport report) {
      ends = ends + 1;
      end.complete(report);
    }
  }
}
