package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages to frames and back. */
class MessageReaderTest {

  @Test
  @Rule({"FRM-10", "FRM-12"})
  void a_message_of_any_size_comes_back_as_it_was() {
    for (int[] sizes :
        new int[][] {
          {0},
          {2},
          {2, 0},
          {2, 0, 0},
          {Limits.FRAME_BODY - 6},
          {Limits.FRAME_BODY - 5},
          {100, 950_000, 0, 1}
        }) {
      Message message = message(1, sizes);
      MessageReader reader = new MessageReader();
      Message got = null;
      for (Frame frame : frames(message)) {
        assertThat(got).isNull();
        got = reader.accept(frame);
      }
      assertSame(message, got);
    }
  }

  @Test
  @Rule("FRM-12")
  void interleaved_messages_are_told_apart() {
    List<Frame> first = frames(message(1, 10, 200_000));
    List<Frame> second = frames(message(2, 10, 200_000));
    MessageReader reader = new MessageReader();
    List<Message> got = new ArrayList<>();
    for (int i = 0; i < first.size(); i++) {
      for (Frame frame : List.of(first.get(i), second.get(i))) {
        Message message = reader.accept(frame);
        if (message != null) {
          got.add(message);
        }
      }
    }
    assertThat(got).hasSize(2);
    assertSame(message(1, 10, 200_000), got.get(0));
    assertSame(message(2, 10, 200_000), got.get(1));
  }

  @Test
  @Rule({"FRM-11", "H4"})
  void a_head_that_declares_too_much_is_refused_before_its_payload() {
    byte[] large =
        ByteBuffer.allocate(10).putInt(Limits.MESSAGE).putShort((short) 1).putInt(1).array();
    assertRefused("FRM-11", frame(Flag.FIRST.bit(), 1, large));
    byte[] overflowing =
        ByteBuffer.allocate(14).putInt(-1).putShort((short) 2).putInt(-1).putInt(-1).array();
    assertRefused("FRM-11", frame(Flag.FIRST.bit(), 1, overflowing));
    byte[] many = ByteBuffer.allocate(6).putInt(0).putShort((short) 1025).array();
    assertRefused("FRM-11", frame(Flag.FIRST.bit(), 1, many));
  }

  @Test
  @Rule("FRM-14")
  void a_head_that_is_cut_is_refused() {
    assertRefused("FRM-14", frame(Flag.FIRST.bit(), 1, new byte[5]));
    byte[] cut = ByteBuffer.allocate(8).putInt(0).putShort((short) 1).array();
    assertRefused("FRM-14", frame(Flag.FIRST.bit(), 1, cut));
  }

  @Test
  @Rule("FRM-10")
  void a_sum_that_differs_from_the_head_is_refused() {
    List<Frame> frames = frames(message(1, 10, 100_000));
    Frame last = frames.get(frames.size() - 1);
    assertRefused("FRM-10", frames.get(0), frame(0, 1, last.body()));
    assertRefused(
        "FRM-10", frames.get(0), frame(Flag.LAST.bit(), 1, new byte[last.body().length + 1]));
    assertRefused(
        "FRM-10", frames.get(0), frame(Flag.LAST.bit(), 1, new byte[last.body().length - 1]));
  }

  @Test
  @Rule("FRM-13")
  void a_chunk_out_of_place_is_refused() {
    List<Frame> frames = frames(message(1, 10, 100_000));
    assertRefused("FRM-13", frames.get(1));
    assertRefused("FRM-13", frames.get(0), frames.get(0));
  }

  @Test
  @Rule("FRM-15")
  void more_open_messages_than_the_limit_are_refused() {
    MessageReader reader = new MessageReader();
    for (int i = 0; i < Limits.OPEN_MESSAGES; i++) {
      assertThat(reader.accept(small(i))).isNull();
    }
    assertThatThrownBy(() -> reader.accept(small(Limits.OPEN_MESSAGES)))
        .hasMessageContaining("FRM-15");
  }

  @Test
  @Rule("LIF-8")
  void what_a_dead_generation_left_half_told_is_forgotten() {
    MessageReader reader = new MessageReader();
    for (int i = 0; i < Limits.OPEN_MESSAGES; i++) {
      reader.accept(small(i));
    }
    reader.forgetGeneration(1, 1);
    assertThat(reader.accept(small(Limits.OPEN_MESSAGES))).isNull();
  }

  @Test
  @Rule("LIF-8")
  void what_is_half_told_of_a_closed_session_is_forgotten() {
    MessageReader reader = new MessageReader();
    for (int i = 0; i < Limits.OPEN_MESSAGES; i++) {
      reader.accept(small(i));
    }
    reader.forgetSession(2);
    assertThatThrownBy(() -> reader.accept(small(Limits.OPEN_MESSAGES)))
        .hasMessageContaining("FRM-15");
    reader.forgetSession(1);
    assertThat(reader.accept(small(Limits.OPEN_MESSAGES))).isNull();
  }

  private static Frame small(int number) {
    byte[] head = ByteBuffer.allocate(6).putInt(100).putShort((short) 0).array();
    return frame(Flag.FIRST.bit(), number, head);
  }

  private static Frame frame(int flags, int number, byte[] body) {
    return new Frame(FrameKind.RELAY, flags, 0, 1, 1, 1, number, body);
  }

  private static void assertRefused(String rule, Frame... frames) {
    MessageReader reader = new MessageReader();
    for (int i = 0; i < frames.length - 1; i++) {
      reader.accept(frames[i]);
    }
    assertThatThrownBy(() -> reader.accept(frames[frames.length - 1]))
        .isInstanceOfSatisfying(
            ProtocolError.class, error -> assertThat(error.rule()).isEqualTo(rule));
  }

  private static Message message(int number, int... sizes) {
    List<byte[]> parts = new ArrayList<>();
    for (int size : sizes) {
      byte[] part = new byte[size];
      new Random(number + size).nextBytes(part);
      parts.add(part);
    }
    return new Message(
        FrameKind.RELAY, 0, 1, 1, 1, number, parts.get(0), parts.subList(1, parts.size()));
  }

  private static List<Frame> frames(Message message) {
    MessageWriter writer = new MessageWriter(message);
    List<Frame> frames = new ArrayList<>();
    FrameReader reader = new FrameReader();
    long bodies = 0;
    while (!writer.finished()) {
      ByteBuffer into = ByteBuffer.allocate(Limits.FRAME_HEADER + writer.nextBody());
      bodies += writer.nextBody();
      writer.writeNext(into);
      reader.feed(into.flip(), frames::add);
    }
    assertThat(bodies).isEqualTo(writer.cost());
    return frames;
  }

  private static void assertSame(Message expected, Message got) {
    assertThat(got).isNotNull();
    assertThat(got.envelope()).isEqualTo(expected.envelope());
    assertThat(got.attachments()).hasSameSizeAs(expected.attachments());
    for (int i = 0; i < expected.attachments().size(); i++) {
      assertThat(got.attachments().get(i)).isEqualTo(expected.attachments().get(i));
    }
    assertThat(got.number()).isEqualTo(expected.number());
  }
}
