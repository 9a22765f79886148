package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a transport owes to the client above it, whoever that is: every frame once, whole and in
 * order; one end, after the last frame; no wait of one direction for the other.
 */
@Needs(Capability.PAYLOAD)
@HostSide
public interface TransportContract extends RunnerContract {
  /** Beyond what pipes and sockets hold, in frames of the largest size. */
  int MUCH = 128;

  /** A kill and a bounded close return within this, on a busy machine too. */
  Duration PROMPT = Duration.ofSeconds(5);

  String ANSWERS_PINGS =
      """
      write(hello())
      for kind, _, _, _, _, body in frames():
          if kind == PING:
              write(frame(PONG, body))
      """;

  /** Says that the host has begun to write; the host cannot end that write before it is read. */
  String SEES_WITHOUT_READING = "import select; select.select([0], [], []); write(frame(PONG))\n";

  /** The row; its transport is opened without a client. */
  Row row();

  @Test
  @Rule({"FRM-3", "FRM-4", "TRN-6"})
  default void every_frame_arrives_once_and_in_its_order(@TempDir Path folder) throws Exception {
    int count = 500;
    try (Wire wire = Wire.open(row(), folder, ANSWERS_PINGS)) {
      assertThat(wire.next().kind()).isEqualTo(FrameKind.HELLO);
      for (int i = 0; i < count; i++) {
        wire.send(Wire.ping(i));
      }
      for (int i = 0; i < count; i++) {
        Frame answer = wire.next();
        assertThat(answer.kind()).isEqualTo(FrameKind.PONG);
        assertThat(answer.body()).isEqualTo(Wire.ping(i).body());
      }
    }
  }

  @Test
  @Rule({"FRM-1", "FRM-3", "FRM-8"})
  default void frames_of_every_size_arrive_whole(@TempDir Path folder) throws Exception {
    String program =
        """
        write(hello())
        next(frames())
        for size in (0, 1, 2, 4095, 4096, 4097, 40000, BODY - 1, BODY):
            write(frame(STDOUT, bytes(i % 251 for i in range(size)), session=1))
        """;
    try (Wire wire = Wire.open(row(), folder, program)) {
      wire.next();
      wire.send(Wire.ping(1));
      for (int size : List.of(0, 1, 2, 4095, 4096, 4097, 40_000, 65_511, 65_512)) {
        byte[] body = wire.next().body();
        assertThat(body).hasSize(size);
        for (int i = 0; i < size; i++) {
          assertThat(body[i]).isEqualTo((byte) (i % 251));
        }
      }
    }
  }

  /** Twelve calls that came at once are all there before any of them was answered. */
  @Test
  @Rule({"FRM-4", "TRN-5"})
  default void frames_that_came_together_are_delivered_before_anything_is_sent(@TempDir Path folder)
      throws Exception {
    String program =
        """
        burst = b"".join(frame(RELAY, b"call", FIRST | LAST, 1, 1, 1, n + 1) for n in range(12))
        write(hello() + burst)
        for nothing in frames(): pass
        """;
    for (int i = 0; i < 5; i++) {
      try (Wire wire = Wire.open(row(), folder, program)) {
        assertThat(wire.next(13)).filteredOn(frame -> frame.kind() == FrameKind.RELAY).hasSize(12);
      }
    }
  }

  @Test
  @Rule({"TRN-5", "P1"})
  default void a_runner_that_reads_only_when_it_has_written_all_is_read(@TempDir Path folder)
      throws Exception {
    String program =
        """
        import select
        write(hello())
        select.select([0], [], [])
        for _ in range(%1$d):
            write(frame(STDOUT, bytes(BODY), session=1))
        rest = frames()
        for _ in range(%1$d):
            next(rest)
        write(frame(PONG))
        """
            .formatted(MUCH);
    try (Wire wire = Wire.open(row(), folder, program)) {
      wire.next();
      wire.sendLarge(MUCH);
      assertThat(wire.next(MUCH)).allMatch(frame -> frame.kind() == FrameKind.STDOUT);
      assertThat(wire.next().kind()).isEqualTo(FrameKind.PONG);
    }
  }

  @Test
  @Rule({"P3", "H7"})
  default void standard_error_that_is_full_of_noise_holds_up_nothing(@TempDir Path folder)
      throws Exception {
    String program = "os.write(2, b'noise ' * 200_000)\n" + ANSWERS_PINGS;
    try (Wire wire = Wire.open(row(), folder, program)) {
      assertThat(wire.next().kind()).isEqualTo(FrameKind.HELLO);
      wire.sendNoMore();
      wire.transport().close(PROMPT);
      assertThat(wire.told().stderrTail()).contains("noise noise");
    }
  }

  @Test
  @Rule({"LIF-7", "TRN-7"})
  default void all_that_a_runner_wrote_is_told_before_its_end(@TempDir Path folder)
      throws Exception {
    String program =
        """
        write(hello())
        for n in range(200):
            write(frame(STDOUT, b"%03d" % n, session=1))
        os._exit(7)
        """;
    for (int i = 0; i < 5; i++) {
      try (Wire wire = Wire.open(row(), folder, program)) {
        ExitReport report = wire.end();
        assertThat(report.exitStatus()).as(report.text()).hasValue(7);
        List<String> written = wire.rest().stream().skip(1).map(Wire::text).toList();
        assertThat(written).hasSize(200).isSorted();
      }
    }
  }

  @Test
  @Rule({"H34", "SES-10"})
  default void the_end_is_told_once_and_nothing_follows_it(@TempDir Path folder) throws Exception {
    String program = "write(hello())\nwhile True: write(frame(STDOUT, b'x', session=1))\n";
    try (Wire wire = Wire.open(row(), folder, program)) {
      wire.next(100);
      wire.transport().kill("the test says so");
      wire.transport().kill("and again");
      ExitReport report = wire.end();
      assertThat(report.reason()).contains("the test says so").doesNotContain("again");
      wire.transport().close(PROMPT);
      wire.assertEndedOnceAndForGood();
    }
  }

  @Test
  @Rule({"H3", "H33", "I7"})
  default void a_kill_waits_for_no_write_that_nobody_reads(@TempDir Path folder) throws Exception {
    String program = "write(hello())\n" + SEES_WITHOUT_READING + "import signal; signal.pause()\n";
    try (Wire wire = Wire.open(row(), folder, program)) {
      wire.next();
      wire.sendLarge(MUCH);
      wire.next();
      long begun = System.nanoTime();
      wire.transport().kill("nobody reads");
      wire.transport().close(PROMPT);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(PROMPT);
      assertThat(wire.told().reason()).contains("nobody reads");
    }
  }

  @Test
  @Rule({"H33", "I7", "P16"})
  default void closing_is_bounded_whatever_the_runner_does(@TempDir Path folder) throws Exception {
    String program =
        """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        write(hello())
        """
            + SEES_WITHOUT_READING
            + "while True: signal.pause()\n";
    try (Wire wire = Wire.open(row(), folder, program)) {
      wire.next();
      wire.sendLarge(MUCH);
      wire.sendNoMore();
      wire.next();
      long begun = System.nanoTime();
      wire.transport().close(Duration.ofMillis(200));
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(PROMPT);
      assertThat(wire.told().signal()).hasValue(9);
    }
  }

  /** Its input ends: that is how a runner is asked to end. */
  @Test
  @Rule({"LIF-9", "H34"})
  default void what_was_sent_before_closing_is_written_and_the_runner_ends_by_itself(
      @TempDir Path folder) throws Exception {
    try (Wire wire = Wire.open(row(), folder, ANSWERS_PINGS)) {
      wire.next();
      wire.send(Wire.ping(1));
      wire.sendNoMore();
      wire.transport().close(PROMPT);
      assertThat(wire.told().exitStatus()).as(wire.told().text()).hasValue(0);
      assertThat(ByteBuffer.wrap(wire.next().body()).getLong()).isEqualTo(1);
    }
  }
}
