package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What stands in for a frame that no connection survives. */
class GivenUpTest {
  private static final String WHY = "it was poison";

  private final RecordSender sender = new RecordSender();
  private final RecordReceiver receiver = new RecordReceiver();
  private final FrameReader reader = new FrameReader();
  private final List<Frame> got = new ArrayList<>();

  @Test
  void a_frame_that_no_link_survives_is_given_up_alone() {
    byte[][] frames = {reply(1), reply(2), reply(3)};
    for (byte[] frame : frames) {
      sender.write(frame);
    }
    long poison = frames[0].length + 40;
    int links = 0;
    while (sender.unacked() > 0) {
      assertThat(links++).isLessThan(40);
      sender.resume(receiver.received());
      carry(poison);
      sender.cut();
    }
    assertThat(got).extracting(Frame::message).containsExactly(1, 2, 3);
    assertThat(text(got.get(0))).contains("\"result\":5");
    assertThat(text(got.get(1)))
        .contains("\"id\":2,\"error\":{\"code\":-32024")
        .contains("no connection survived the record at byte " + frames[0].length)
        .contains("\"reply\":true");
    assertThat(text(got.get(2))).contains("\"result\":5");
    assertThat(sender.givenUp()).isEqualTo(1);
    assertThat(sender.poisoned()).isEmpty();
    assertThat(sender.pieceSize()).isEqualTo(Limits.RECORD);
  }

  /** Until it carries the poison, or there is nothing more to carry. */
  private void carry(long poison) {
    while (true) {
      Optional<GivenUp> lost = sender.takeGivenUp();
      if (lost.isPresent()) {
        receiver.accept(lost.get()).ifPresent(frame -> reader.instead(frame, got::add));
      } else {
        Optional<Piece> piece = sender.take();
        if (piece.isEmpty() || (piece.get().offset() <= poison && poison < piece.get().end())) {
          return;
        }
        reader.feed(receiver.accept(piece.get()), got::add);
      }
      sender.acknowledge(receiver.tell());
    }
  }

  @Test
  void a_stand_in_that_does_not_get_through_either_ends_the_link() {
    sender.write(reply(1));
    for (int cut = 1; cut < 2 * Limits.RECORD_CUTS_BEFORE_POISON; cut++) {
      takeAny();
      sender.cut();
      sender.resume(0);
      assertThat(sender.poisoned()).isEmpty();
    }
    takeAny();
    sender.cut();
    assertThat(sender.givenUp()).isEqualTo(1);
    assertThat(sender.poisoned()).isPresent();
  }

  private void takeAny() {
    if (sender.takeGivenUp().isEmpty()) {
      sender.take();
    }
  }

  @Test
  void what_stands_for_what_has_come_is_dropped_and_what_stands_for_nothing_is_refused() {
    receiver.accept(new Piece(0, new byte[66]));
    assertThat(receiver.accept(new GivenUp(0, 66, reply(1)))).isEmpty();
    assertThat(receiver.received()).isEqualTo(66);
    assertThat(receiver.owes()).isTrue();
    for (GivenUp wrong :
        new GivenUp[] {
          new GivenUp(66, 66, reply(1)),
          new GivenUp(0, Limits.FRAME + 1, reply(1)),
          new GivenUp(0, Long.MIN_VALUE, reply(1)),
          new GivenUp(0, 99, new byte[5]),
          new GivenUp(0, 99, new byte[24]),
          new GivenUp(0, 99, Arrays.copyOf(reply(1), 99)),
        }) {
      assertThatThrownBy(() -> receiver.accept(wrong)).hasMessageContaining("REC-19");
    }
    assertThatThrownBy(() -> receiver.accept(new GivenUp(67, 99, reply(1))))
        .hasMessageContaining("REC-2");
  }

  @Test
  void what_has_an_answer_to_give_is_given_up_and_nothing_else() {
    int whole = Flag.FIRST.bit() | Flag.LAST.bit();
    byte[] call = utf8("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tool.call\",\"params\":{}}");
    Frame frame = standIn(FrameKind.RELAY, whole, body(call)).orElseThrow();
    assertThat(text(frame))
        .contains("\"id\":7,\"method\":\"tool.call\",\"params\":{\"givenUp\":\"" + WHY + "\"}");
    assertThat(standIn(FrameKind.MESSAGE, whole, body(utf8("garbage")))).isEmpty();
    assertThat(
            standIn(
                FrameKind.MESSAGE,
                whole,
                body(utf8("{\"jsonrpc\":\"2.0\",\"method\":\"generation\",\"params\":{}}"))))
        .isEmpty();
    assertThat(standIn(FrameKind.CREDIT, 0, new byte[5])).isEmpty();
    assertThat(standIn(FrameKind.PING, 0, new byte[5])).isEmpty();
    Frame output = standIn(FrameKind.STDOUT, Flag.LATE.bit(), utf8("hello")).orElseThrow();
    assertThat(output.flags()).isEqualTo(Flag.LATE.bit() | Flag.GIVEN_UP.bit());
    StandIn.LostOutput lost = StandIn.LostOutput.of(output);
    assertThat(lost).isEqualTo(new StandIn.LostOutput(5, WHY));
  }

  private Optional<Frame> standIn(FrameKind kind, int flags, byte[] body) {
    byte[] whole = bytes(new Frame(kind, flags, 3, 1, 2, 4, 5, body));
    List<Frame> found = new ArrayList<>();
    GivenUp.of(0, whole.length, whole, WHY)
        .flatMap(new RecordReceiver()::accept)
        .ifPresent(frame -> new FrameReader().feed(frame, found::add));
    return found.stream().findFirst();
  }

  @Test
  void a_message_one_of_whose_chunks_was_given_up_says_so_and_no_more() {
    byte[] envelope = utf8("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":5}");
    Message message =
        new Message(FrameKind.RELAY, 0, 1, 1, 1, 9, envelope, List.of(new byte[300_000]));
    MessageWriter writer = new MessageWriter(message);
    List<byte[]> frames = new ArrayList<>();
    while (!writer.finished()) {
      ByteBuffer into = ByteBuffer.allocate(Limits.FRAME);
      writer.writeNext(into);
      frames.add(Arrays.copyOf(into.array(), into.position()));
    }
    assertThat(frames).hasSizeGreaterThan(3);
    for (int poisonous = 0; poisonous < frames.size(); poisonous++) {
      MessageReader messages = new MessageReader();
      FrameReader all = new FrameReader();
      List<Message> found = new ArrayList<>();
      for (int at = 0; at < frames.size(); at++) {
        byte[] frame = frames.get(at);
        ByteBuffer said =
            at == poisonous
                ? GivenUp.of(0, frame.length, frame, WHY)
                    .flatMap(new RecordReceiver()::accept)
                    .orElseThrow()
                : ByteBuffer.wrap(frame);
        all.feed(said, each -> Optional.ofNullable(messages.accept(each)).ifPresent(found::add));
      }
      assertThat(found).hasSize(1);
      assertThat(new String(found.get(0).envelope(), StandardCharsets.UTF_8))
          .contains("\"id\":7,\"error\":{\"code\":-32024,\"message\":\"" + WHY);
    }
  }

  private static byte[] reply(int id) {
    byte[] envelope = utf8("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":5}");
    int whole = Flag.FIRST.bit() | Flag.LAST.bit();
    return bytes(new Frame(FrameKind.RELAY, whole, 0, 1, 1, 1, id, body(envelope)));
  }

  private static byte[] body(byte[] envelope) {
    return ByteBuffer.allocate(Limits.MESSAGE_HEAD + envelope.length)
        .putInt(envelope.length)
        .putShort((short) 0)
        .put(envelope)
        .array();
  }

  private static byte[] bytes(Frame frame) {
    ByteBuffer into = ByteBuffer.allocate(Limits.FRAME);
    FrameWriter.write(frame, into);
    return Arrays.copyOf(into.array(), into.position());
  }

  private static String text(Frame frame) {
    return new String(frame.body(), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
