package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Frames out of bytes, however they come. */
class FrameReaderTest {
  private static final int SEED = 20260101;

  @Test
  @Rule({"FRM-3", "FRM-4", "H2"})
  void three_frames_in_one_read_are_all_delivered_at_once() {
    List<Frame> frames = frames(3, 10);
    assertThat(fed(joined(frames))).isEqualTo(frames);
  }

  @Test
  @Rule({"FRM-3", "H2"})
  void a_message_of_950_kb_and_the_frame_behind_it_come_through() {
    List<Frame> frames = new ArrayList<>(frames(15, Limits.FRAME_BODY));
    frames.add(Frame.ping(new byte[] {1}));
    assertThat(fed(joined(frames))).isEqualTo(frames);
  }

  @Test
  @Rule({"FRM-3", "H2"})
  void one_byte_a_read_gives_the_same_frames() {
    List<Frame> frames = frames(5, 700);
    byte[] bytes = joined(frames);
    FrameReader reader = new FrameReader();
    List<Frame> got = new ArrayList<>();
    for (byte b : bytes) {
      reader.feed(ByteBuffer.wrap(new byte[] {b}), got::add);
    }
    reader.finish();
    assertThat(got).isEqualTo(frames);
  }

  @Test
  @Rule({"FRM-3", "FRM-8", "H2"})
  void a_cut_inside_a_character_changes_nothing() {
    byte[] text = "a😀b".getBytes(StandardCharsets.UTF_8);
    Frame frame = new Frame(FrameKind.STDOUT, 0, 0, 1, 1, 1, 0, text);
    byte[] bytes = frame.encoded();
    for (int cut = 1; cut < bytes.length; cut++) {
      FrameReader reader = new FrameReader();
      List<Frame> got = new ArrayList<>();
      reader.feed(ByteBuffer.wrap(bytes, 0, cut), got::add);
      reader.feed(ByteBuffer.wrap(bytes, cut, bytes.length - cut), got::add);
      assertThat(got).containsExactly(frame);
    }
  }

  @Test
  @Rule({"FRM-3", "H2"})
  void random_cuts_give_the_same_frames() {
    Random random = new Random(SEED);
    List<Frame> frames = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      byte[] body = new byte[random.nextInt(i % 10 == 0 ? Limits.FRAME_BODY + 1 : 100)];
      random.nextBytes(body);
      frames.add(new Frame(FrameKind.RELAY, 3, random.nextInt(1 << 16), i, -i, i, i, body));
    }
    byte[] bytes = joined(frames);
    FrameReader reader = new FrameReader();
    List<Frame> got = new ArrayList<>();
    for (int at = 0; at < bytes.length; ) {
      int step = Math.min(bytes.length - at, 1 + random.nextInt(9000));
      reader.feed(ByteBuffer.wrap(bytes, at, step), got::add);
      at += step;
    }
    reader.finish();
    assertThat(got).isEqualTo(frames);
  }

  @Test
  @Rule({"FRM-2", "FRM-7", "H5"})
  void garbage_is_noticed_at_its_first_byte_and_shown() {
    for (String garbage : List.of("h", "hello\n", "{}", "\u00ff")) {
      byte[] bytes = garbage.getBytes(StandardCharsets.ISO_8859_1);
      FrameReader reader = new FrameReader();
      assertThatThrownBy(() -> reader.feed(ByteBuffer.wrap(bytes), frame -> {}))
          .isInstanceOfSatisfying(
              ProtocolError.class, error -> assertThat(error.rule()).isEqualTo("FRM-2"))
          .hasMessageContaining(String.format("%02x", bytes[0]));
    }
  }

  @Test
  @Rule({"FRM-1", "FRM-2", "H4"})
  void a_length_beyond_the_limit_is_refused_with_four_bytes() {
    for (int length : new int[] {0, 19, Limits.FRAME_LENGTH_MAX + 1}) {
      byte[] bytes = ByteBuffer.allocate(4).putInt(length).array();
      assertThatThrownBy(() -> new FrameReader().feed(ByteBuffer.wrap(bytes), frame -> {}))
          .isInstanceOf(ProtocolError.class)
          .hasMessageContaining("FRM-2")
          .hasMessageContaining(Integer.toString(length));
    }
  }

  @Test
  @Rule("FRM-4")
  void what_is_whole_before_garbage_is_still_delivered() {
    List<Frame> frames = frames(2, 5);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(joined(frames));
    bytes.writeBytes("oops".getBytes(StandardCharsets.US_ASCII));
    List<Frame> got = new ArrayList<>();
    FrameReader reader = new FrameReader();
    assertThatThrownBy(() -> reader.feed(ByteBuffer.wrap(bytes.toByteArray()), got::add))
        .isInstanceOf(ProtocolError.class);
    assertThat(got).isEqualTo(frames);
  }

  @Test
  @Rule("FRM-7")
  void after_a_fault_nothing_is_interpreted_any_more() {
    FrameReader reader = new FrameReader();
    assertThatThrownBy(() -> reader.feed(ByteBuffer.wrap(new byte[] {7}), frame -> {}))
        .isInstanceOf(ProtocolError.class);
    List<Frame> got = new ArrayList<>();
    assertThatThrownBy(
            () -> reader.feed(ByteBuffer.wrap(Frame.ping(new byte[0]).encoded()), got::add))
        .isInstanceOf(ProtocolError.class);
    assertThatThrownBy(reader::finish).isInstanceOf(ProtocolError.class);
    assertThat(got).isEmpty();
  }

  @Test
  @Rule("FRM-5")
  void an_unknown_kind_is_skipped_only_when_it_is_optional() {
    byte[] unknown = Frame.ping(new byte[] {1, 2}).encoded();
    unknown[4] = 99;
    byte[] optional = unknown.clone();
    optional[5] = (byte) Flag.OPTIONAL.bit();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(optional);
    bytes.writeBytes(Frame.pong(new byte[] {3}).encoded());
    assertThat(fed(bytes.toByteArray())).containsExactly(Frame.pong(new byte[] {3}));
    assertThatThrownBy(() -> fed(unknown)).hasMessageContaining("FRM-5").hasMessageContaining("99");
  }

  @Test
  @Rule({"FRM-6", "H2"})
  void an_end_inside_a_frame_is_truncation_and_an_end_between_frames_is_not() {
    byte[] bytes = Frame.ping(new byte[8]).encoded();
    for (int cut = 1; cut < bytes.length; cut++) {
      FrameReader reader = new FrameReader();
      reader.feed(ByteBuffer.wrap(bytes, 0, cut), frame -> {});
      assertThat(reader.insideFrame()).isTrue();
      assertThatThrownBy(reader::finish).hasMessageContaining("FRM-6");
    }
    FrameReader whole = new FrameReader();
    whole.feed(ByteBuffer.wrap(bytes), frame -> {});
    whole.finish();
  }

  @Test
  @Rule("FRM-1")
  void a_body_that_does_not_fit_is_never_written() {
    assertThatThrownBy(() -> Frame.ping(new byte[Limits.FRAME_BODY + 1]).encoded())
        .hasMessageContaining("FRM-1");
    assertThat(Frame.ping(new byte[Limits.FRAME_BODY]).encoded()).hasSize(Limits.FRAME);
  }

  private static List<Frame> frames(int count, int size) {
    List<Frame> frames = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] body = new byte[size];
      new Random(i).nextBytes(body);
      frames.add(new Frame(FrameKind.STDOUT, 0, 0, 1, 1, i, 0, body));
    }
    return frames;
  }

  private static byte[] joined(List<Frame> frames) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    frames.forEach(frame -> bytes.writeBytes(frame.encoded()));
    return bytes.toByteArray();
  }

  private static List<Frame> fed(byte[] bytes) {
    FrameReader reader = new FrameReader();
    List<Frame> got = new ArrayList<>();
    reader.feed(ByteBuffer.wrap(bytes), got::add);
    reader.finish();
    return got;
  }
}
