package dev.pyvisor.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameWriter;
import dev.pyvisor.wire.Lane;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameLogTest {
  private final FrameLog log = new FrameLog();

  @Test
  @Rule("H36")
  void headers_are_told_both_ways_with_every_number() {
    log.received(new Frame(FrameKind.RELAY, 3, 0xfffe, -1, 2, 3, 4, new byte[5]));
    ByteBuffer written = ByteBuffer.allocate(200).putLong(42);
    int start = written.position();
    FrameWriter.write(Frame.ping(new byte[0]), written);
    FrameWriter.write(Frame.credit(7, Lane.STDOUT, 100), written);
    log.sending(written, start);

    List<String> lines = log.lines();
    assertThat(lines).hasSize(4);
    assertThat(lines.get(0)).startsWith("1 frames came in, 2 went out");
    assertThat(lines.get(1))
        .matches("20\\d\\d-\\S+Z in  RELAY   flags=03 .*")
        .endsWith("channel=65534 session=4294967295 generation=2 cell=3 message=4 body=5");
    assertThat(lines.get(2)).contains(" out PING ").endsWith("message=0 body=0");
    assertThat(lines.get(3)).contains(" out CREDIT ").contains("session=7").endsWith("body=5");
  }

  @Test
  @Rule("H36")
  void only_the_last_64_of_each_way_are_kept() {
    for (int i = 0; i < 1_000; i++) {
      log.received(new Frame(FrameKind.STDOUT, 0, 0, 1, 1, 1, i, new byte[0]));
    }
    List<String> lines = log.lines();
    assertThat(lines).hasSize(65);
    assertThat(lines.get(0)).startsWith("1000 frames came in");
    assertThat(lines.get(1)).contains("message=936 ");
    assertThat(lines.get(64)).contains("message=999 ");
  }

  @Test
  void noting_a_frame_allocates_nothing() {
    Frame frame = new Frame(FrameKind.STDOUT, 0, 0, 1, 1, 1, 1, new byte[0]);
    ByteBuffer written = ByteBuffer.allocate(100);
    FrameWriter.write(frame, written);
    note(frame, written);
    long before = allocated();
    for (int i = 0; i < 10_000; i++) {
      note(frame, written);
    }
    // 20,000 notes; one object each would be a third of a megabyte.
    assertThat(allocated() - before).isLessThan(100_000);
  }

  private void note(Frame frame, ByteBuffer written) {
    log.received(frame);
    log.sending(written, 0);
  }

  private static long allocated() {
    return ((com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getCurrentThreadAllocatedBytes();
  }
}
