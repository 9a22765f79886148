package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.CellListener;
import dev.pyvisor.Defaults;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolContext;
import dev.pyvisor.tool.ToolEvent;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tools past their deadline, on real threads, by a clock that the test turns. */
@Timeout(20)
class ToolDeadlineTest {
  private static final Duration DEFAULT = Duration.ofSeconds(60);
  private static final Duration MILLI = Duration.ofMillis(1);

  @TempDir Path directory;
  private final ThreadRoster threads = new ThreadRoster("test");
  private final ToolHost host = new ToolHost(1, TimeLimit.of(DEFAULT), threads);
  private ScriptedPeer peer;
  private SessionCore session;

  @BeforeEach
  void join() {
    peer = new ScriptedPeer(directory);
    session = peer.session(1, host);
  }

  @AfterEach
  void part() {
    peer.close();
    host.close();
  }

  /** A tool that goes on until it is released, whatever its thread is told. */
  private static final class Stubborn {
    final CountDownLatch begun = new CountDownLatch(1);
    final CountDownLatch interrupted = new CountDownLatch(1);
    final CountDownLatch release = new CountDownLatch(1);

    Tool tool() {
      return Tool.of(
          "stubborn",
          (arguments, context) -> {
            begun.countDown();
            while (release.getCount() > 0) {
              try {
                release.await();
              } catch (InterruptedException heedless) {
                interrupted.countDown();
              }
            }
            return "late";
          });
    }
  }

  @Test
  @Rule({"H28", "SES-4"})
  void
      a_tool_that_ignores_its_interrupt_costs_neither_python_its_error_nor_the_next_call_its_thread()
          throws Exception {
    Stubborn stubborn = new Stubborn();
    host.register(session.life(), List.of(stubborn.tool(), Tool.of("echo", (a, c) -> "here")));
    call(7, "stubborn");
    stubborn.begun.await();
    peer.timer.advance(DEFAULT.minus(MILLI));
    assertThat(peer.nothingSent()).isTrue();
    peer.timer.advance(MILLI);
    assertThat(text(peer.nextMessage()))
        .contains("\"id\":7")
        .contains("deadline_exceeded")
        .contains("within 60 s");
    assertThat(stubborn.interrupted.await(5, TimeUnit.SECONDS)).isTrue();
    assertThat(peer.link.counters().expiredToolCalls()).isEqualTo(1);
    call(8, "echo");
    await()
        .until(
            () -> {
              peer.timer.advance(Defaults.TOOL_INTERRUPT_GRACE);
              return peer.link.counters().leakedToolThreads() == 1;
            });
    assertThat(text(peer.nextMessage())).contains("\"id\":8").contains("here");
    stubborn.release.countDown();
    await().until(() -> peer.link.counters().leakedToolThreads() == 0);
    await().until(() -> peer.link.counters().lateReplies() == 1);
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  @Rule("H28")
  void a_tool_that_heeds_its_interrupt_is_not_leaked() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    host.register(
        session.life(),
        List.of(
            Tool.of(
                "waits",
                (arguments, context) -> {
                  begun.countDown();
                  try {
                    return new CountDownLatch(1).await(15, TimeUnit.SECONDS);
                  } finally {
                    interrupted.countDown();
                  }
                })));
    call(7, "waits");
    begun.await();
    peer.timer.advance(DEFAULT);
    assertThat(text(peer.nextMessage())).contains("deadline_exceeded");
    assertThat(interrupted.await(5, TimeUnit.SECONDS)).isTrue();
    await().until(() -> peer.link.counters().lateReplies() == 1);
    peer.timer.advance(Defaults.TOOL_INTERRUPT_GRACE);
    assertThat(peer.link.counters().leakedToolThreads()).isZero();
  }

  @Test
  void a_tools_own_time_goes_before_the_default_and_a_tool_may_have_none() throws Exception {
    Stubborn quick = new Stubborn();
    Tool patient = Tool.of("patient", (arguments, context) -> "done").noTimeout();
    assertThat(host.limit(session, "patient")).isEqualTo(TimeLimit.of(DEFAULT));
    host.register(session.life(), List.of(quick.tool().timeout(Duration.ofMillis(1_500)), patient));
    assertThat(host.limit(session, "patient")).isEqualTo(TimeLimit.none());
    assertThat(host.limit(session, "nobody")).isEqualTo(TimeLimit.of(DEFAULT));
    call(7, "stubborn");
    quick.begun.await();
    // Behind the only thread: it has no deadline, so it waits.
    call(8, "patient");
    peer.timer.advance(Duration.ofMillis(1_500));
    assertThat(text(peer.nextMessage())).contains("\"id\":7").contains("within 1.5 s");
    quick.release.countDown();
    assertThat(text(peer.nextMessage())).contains("\"id\":8").contains("done");
  }

  @Test
  @Rule("H29")
  void a_call_that_waits_for_a_thread_ends_at_its_deadline_too() throws Exception {
    Stubborn stubborn = new Stubborn();
    host.register(
        session.life(),
        List.of(stubborn.tool().noTimeout(), Tool.of("echo", (arguments, context) -> "here")));
    call(7, "stubborn");
    stubborn.begun.await();
    call(8, "echo");
    peer.timer.advance(DEFAULT);
    assertThat(text(peer.nextMessage())).contains("\"id\":8").contains("deadline_exceeded");
    stubborn.release.countDown();
    assertThat(text(peer.nextMessage())).contains("\"id\":7").contains("late");
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  void an_answer_in_time_leaves_no_alarm_behind() {
    int alarms = peer.timer.waiting();
    host.register(session.life(), List.of(Tool.of("echo", (arguments, context) -> "here")));
    call(7, "echo");
    assertThat(text(peer.nextMessage())).contains("here");
    assertThat(peer.timer.waiting()).isEqualTo(alarms);
    peer.timer.advance(DEFAULT.plus(DEFAULT));
    assertThat(peer.nothingSent()).isTrue();
  }

  @Test
  void what_remains_is_the_tools_time_or_its_cells_whichever_is_shorter() throws Exception {
    BlockingQueue<ToolContext> contexts = new LinkedBlockingQueue<>();
    Tool look =
        Tool.of(
            "look",
            (arguments, context) -> {
              contexts.add(context);
              return "seen";
            });
    host.register(session.life(), List.of(look));
    session.start(ScriptedPeer.cell(), peer.inCallTime()); // 3 s
    Message cell = peer.nextMessage();
    peer.timer.advance(Duration.ofSeconds(1));
    call(7, "look", cell.cell());
    ToolContext inCell = contexts.poll(5, TimeUnit.SECONDS);
    assertThat(inCell.remaining()).contains(Duration.ofSeconds(2));
    peer.timer.advance(Duration.ofSeconds(5));
    assertThat(inCell.remaining()).contains(Duration.ZERO);
    peer.nextMessage();
    call(8, "look", 0);
    assertThat(contexts.poll(5, TimeUnit.SECONDS).remaining()).contains(DEFAULT);
    peer.nextMessage();
    host.register(session.life(), List.of(look.timeout(Duration.ofMillis(500))));
    call(9, "look", 0);
    assertThat(contexts.poll(5, TimeUnit.SECONDS).remaining()).contains(Duration.ofMillis(500));
    peer.nextMessage();
    host.register(session.life(), List.of(look.noTimeout()));
    call(10, "look", 0);
    assertThat(contexts.poll(5, TimeUnit.SECONDS).remaining()).isEqualTo(Optional.empty());
  }

  @Test
  void the_listener_hears_that_the_deadline_ended_the_tool() throws Exception {
    BlockingQueue<ToolEvent> finished = new LinkedBlockingQueue<>();
    Stubborn stubborn = new Stubborn();
    host.register(session.life(), List.of(stubborn.tool().timeout(Duration.ofSeconds(2))));
    session.start(
        ScriptedPeer.cell(
            new CellListener() {
              @Override
              public void onToolFinished(ToolEvent event) {
                finished.add(event);
              }
            }),
        peer.inCallTime());
    Message cell = peer.nextMessage();
    call(7, "stubborn", cell.cell());
    stubborn.begun.await();
    peer.timer.advance(Duration.ofSeconds(2));
    assertThat(finished.poll(5, TimeUnit.SECONDS).failure().orElseThrow()).contains("within 2 s");
    stubborn.release.countDown();
  }

  private void call(int id, String tool) {
    call(id, tool, 0);
  }

  private void call(int id, String tool, int cell) {
    peer.says(
        FrameKind.RELAY,
        1,
        1,
        cell,
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + id
            + ",\"method\":\"tool.call\",\"params\":{\"name\":\""
            + tool
            + "\",\"args\":[],\"kwargs\":{}}}");
  }

  private static String text(Message message) {
    return new String(message.envelope(), StandardCharsets.UTF_8);
  }
}
