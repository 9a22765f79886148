package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is written when. */
@Timeout(20)
class OutboxTest {
  private final Outbox outbox = new Outbox();
  private final AtomicInteger left = new AtomicInteger();
  private int number;

  @BeforeEach
  void open() {
    outbox.open(1);
    outbox.open(2);
  }

  @Test
  @Rule({"TRN-3", "TRN-6"})
  void housekeeping_overtakes_control_and_control_overtakes_sessions() throws Exception {
    outbox.send(message(1, 10));
    outbox.send(message(0, 10));
    outbox.giveCredit(1, Lane.STDOUT, 5);
    outbox.giveCredit(1, Lane.STDOUT, 6);
    outbox.pong(new byte[] {1});
    List<Frame> frames = take(Limits.FRAME);
    assertThat(frames)
        .extracting(Frame::kind)
        .containsExactly(FrameKind.PONG, FrameKind.CREDIT, FrameKind.MESSAGE, FrameKind.MESSAGE);
    assertThat(frames.get(1)).isEqualTo(Frame.credit(1, Lane.STDOUT, 11));
    assertThat(frames).extracting(Frame::session).containsExactly(0, 1, 0, 1);
  }

  @Test
  @Rule("TRN-6")
  void sessions_take_turns_frame_by_frame_and_each_keeps_its_order() throws Exception {
    outbox.send(message(1, 200_000));
    outbox.send(message(2, 200_000));
    outbox.send(message(1, 5));
    List<Integer> sessions = new ArrayList<>();
    List<Integer> ofFirst = new ArrayList<>();
    while (left.get() < 3) {
      for (Frame frame : take(Limits.FRAME)) {
        sessions.add(frame.session());
        if (frame.session() == 1) {
          ofFirst.add(frame.message());
        }
      }
    }
    assertThat(sessions.subList(0, 8)).containsExactly(1, 2, 1, 2, 1, 2, 1, 2);
    assertThat(ofFirst).isSorted();
  }

  @Test
  @Rule({"TRN-1", "TRN-2"})
  void a_session_without_credit_holds_up_nobody_else() throws Exception {
    outbox.send(message(1, Limits.KERNEL_WINDOW));
    outbox.send(message(2, 10));
    long sent = 0;
    boolean other = false;
    while (sent < Limits.KERNEL_WINDOW - Limits.FRAME_BODY || !other) {
      for (Frame frame : take(Limits.FRAME)) {
        sent += frame.session() == 1 ? frame.body().length : 0;
        other |= frame.session() == 2;
      }
    }
    assertThat(sent).isLessThanOrEqualTo(Limits.KERNEL_WINDOW);
    assertThat(left).hasValue(1);
    outbox.takeCredit(1, Limits.FRAME_BODY);
    while (left.get() < 2) {
      take(Limits.FRAME);
    }
  }

  @Test
  void a_message_can_be_taken_back_until_its_first_byte() throws Exception {
    Outgoing begun = message(1, 200_000);
    Outgoing waiting = message(1, 10);
    outbox.send(begun);
    outbox.send(waiting);
    take(Limits.FRAME);
    assertThat(outbox.withdraw(begun)).isFalse();
    assertThat(outbox.started(begun)).isTrue();
    assertThat(outbox.withdraw(waiting)).isTrue();
    assertThat(outbox.withdraw(waiting)).isFalse();
    assertThat(left).hasValue(1);
    Outgoing alone = message(2, 10);
    outbox.send(alone);
    assertThat(outbox.withdraw(alone)).isTrue();
    while (left.get() < 3) {
      take(Limits.FRAME);
    }
  }

  @Test
  void the_end_frees_the_writer_and_what_waits() throws Exception {
    CompletableFuture<Boolean> writer =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return outbox.take(ByteBuffer.allocate(Limits.FRAME));
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            },
            work -> new Thread(work).start());
    outbox.end();
    assertThat(writer.get(5, TimeUnit.SECONDS)).isFalse();
    outbox.send(message(1, 10));
    assertThat(left).hasValue(1);
  }

  @Test
  @Rule("TRN-3")
  void a_session_that_was_forgotten_leaves_nothing_behind_and_holds_up_nobody() throws Exception {
    outbox.send(message(1, 10));
    outbox.send(message(2, 10));
    outbox.forget(1);
    assertThat(left).hasValue(1);
    assertThat(take(Limits.FRAME)).extracting(Frame::session).containsExactly(2);
    outbox.forget(2);
    assertThat(outbox.evidence()).noneMatch(fact -> fact.contains("session"));
  }

  @Test
  @Rule({"LIF-8", "TRN-1"})
  void a_message_that_has_begun_and_got_no_credit_any_more_goes_with_its_session()
      throws Exception {
    int large = 9 << 20;
    outbox.send(message(1, large));
    outbox.send(message(1, 10));
    long sent = 0;
    while (sent < Limits.KERNEL_WINDOW - Limits.FRAME_BODY) {
      for (Frame frame : take(Limits.FRAME)) {
        sent += frame.body().length;
      }
    }
    assertThat(left).hasValue(0);
    outbox.forget(1);
    assertThat(left).hasValue(2);
    assertThat(outbox.evidence()).noneMatch(fact -> fact.contains("session 1"));
    outbox.send(message(2, 200_000));
    while (left.get() < 3) {
      assertThat(take(Limits.FRAME)).extracting(Frame::session).containsOnly(2);
    }
  }

  @Test
  @Rule("LIF-8")
  void what_comes_for_a_session_that_was_forgotten_is_not_kept() {
    outbox.forget(1);
    outbox.send(message(1, 10));
    assertThat(left).hasValue(1);
    outbox.takeCredit(1, 10);
    assertThat(outbox.evidence()).noneMatch(fact -> fact.contains("session 1"));
  }

  @Test
  @Rule("TRN-5")
  void a_peer_that_reads_no_pong_is_broken() {
    for (int i = 0; i < Defaults.QUEUED_PONGS; i++) {
      outbox.pong(new byte[0]);
    }
    assertThatThrownBy(() -> outbox.pong(new byte[0])).hasMessageContaining("TRN-5");
  }

  @Test
  @Rule({"H3", "I2"})
  void room_goes_to_who_asked_first_and_is_bounded_by_the_deadline() throws Exception {
    ByteBudget budget = new ByteBudget(100);
    assertThat(budget.reserve(60, Duration.ofSeconds(5))).isTrue();
    assertThat(budget.reserve(60, Duration.ofMillis(10))).isFalse();
    CompletableFuture<Boolean> large =
        CompletableFuture.supplyAsync(() -> reserved(budget, 1_000_000));
    assertThat(large).isNotDone();
    budget.release(60);
    assertThat(large.get(5, TimeUnit.SECONDS)).isTrue();
    assertThat(budget.used()).isEqualTo(100);
    CompletableFuture<Boolean> waiting = CompletableFuture.supplyAsync(() -> reserved(budget, 50));
    budget.open();
    budget.open();
    assertThat(waiting.get(5, TimeUnit.SECONDS)).isTrue();
  }

  private static boolean reserved(ByteBudget budget, long bytes) {
    try {
      return budget.reserve(bytes, Duration.ofSeconds(10));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Outgoing message(int session, int size) {
    return new Outgoing(
        new Message(
            FrameKind.MESSAGE, 0, session, 0, 0, ++number, new byte[2], List.of(new byte[size])),
        left::incrementAndGet);
  }

  private List<Frame> take(int room) throws InterruptedException {
    ByteBuffer buffer = ByteBuffer.allocate(room);
    assertThat(outbox.take(buffer)).isTrue();
    List<Frame> frames = new ArrayList<>();
    FrameReader reader = new FrameReader();
    reader.feed(buffer.flip(), frames::add);
    reader.finish();
    return frames;
  }
}
