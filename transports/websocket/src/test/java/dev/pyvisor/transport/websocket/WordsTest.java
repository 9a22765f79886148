package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.wire.GivenUp;
import dev.pyvisor.wire.Piece;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.RecordReceiver;
import dev.pyvisor.wire.RecordSender;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Words of the link: what a runner says is one of them, or a broken rule, and nothing else. */
class WordsTest {
  /** Frames of the design's fuzzer, and how many of them this tier has. */
  private static final int DESIGN = 10_000_000;

  private static final int NOW =
      switch (System.getProperty("pyvisor.tier", "verify")) {
        case "full" -> DESIGN;
        case "proof" -> 1_000_000;
        default -> 100_000;
      };

  private static final long[] ODD = {
    0, 1, 2, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, Long.MIN_VALUE + 1, -2, -1
  };
  private static final String[] TEXTS = {
    "{}",
    "{\"incarnation\":\"i\",\"received\":0}",
    "{\"received\":1e999}",
    "{\"received\":\"0\"}",
    "[]",
    "null",
    "",
    "{",
    "nan",
    "\"\\ud800\"",
    "[".repeat(2_000),
    "{\"a\":".repeat(600),
    "9".repeat(2_000),
    "\u0000"
  };

  @Test
  void what_is_said_is_read_as_it_was_written() {
    ByteBuffer record = Words.record(new Piece(7, new byte[] {1, 2}), 9);
    Words.Word word = Words.decode(record);
    assertThat(word.kind()).isEqualTo(Words.RECORD);
    assertThat(word.number()).isEqualTo(9);
    assertThat(word.piece()).isNotNull();
    assertThat(word.piece().offset()).isEqualTo(7);
    assertThat(word.piece().data()).containsExactly(1, 2);
    assertThat(Words.decode(Words.number(Words.PONG, 3)).number()).isEqualTo(3);
    GivenUp lost = Words.decode(Words.givenUp(new GivenUp(7, 99, new byte[30]), 9)).lost();
    assertThat(lost).isNotNull();
    assertThat(lost.offset()).isEqualTo(7);
    assertThat(lost.end()).isEqualTo(99);
    assertThat(lost.frame()).hasSize(30);
  }

  @Test
  void json_is_no_deeper_than_it_may_be() {
    String deep = "[".repeat(30_000) + "]".repeat(30_000);
    assertThatThrownBy(() -> Words.decode(said(Words.ATTACHED, deep)))
        .isInstanceOf(ProtocolError.class)
        .hasMessageContaining("REC-1");
  }

  /** {@code -Dpyvisor.seed} repeats a course. */
  @Test
  void random_words_are_taken_or_a_broken_rule_and_each_byte_comes_once() {
    long seed = Long.getLong("pyvisor.seed", new Random().nextLong());
    System.out.println("count " + NOW + " (design's " + DESIGN + "), seed " + seed);
    Random pick = new Random(seed);
    Map<String, Integer> ends = new TreeMap<>();
    RecordReceiver receiver = new RecordReceiver();
    RecordSender sender = sender();
    long taken = 0;
    for (int n = 0; n < NOW; n++) {
      ByteBuffer message = changed(message(pick, receiver.received()), pick);
      String end = "taken";
      try {
        Words.Word word = Words.decode(message);
        Piece piece = word.piece();
        if (word.lost() != null) {
          sender.acknowledge(word.number());
          if (receiver.accept(word.lost()).isPresent()) {
            taken = word.lost().end();
          }
        } else if (piece != null) {
          sender.acknowledge(word.number());
          taken += receiver.accept(piece).remaining();
        } else if (word.kind() == Words.ACK) {
          sender.acknowledge(word.number());
        }
      } catch (ProtocolError broken) {
        end = broken.rule();
      }
      ends.merge(end, 1, Integer::sum);
      assertThat(receiver.received()).as("seed %s, word %s", seed, n).isEqualTo(taken);
      assertThat(sender.acked()).as("seed %s, word %s", seed, n).isBetween(0L, 500L);
      if (pick.nextInt(50) == 0) {
        receiver = new RecordReceiver();
        sender = sender();
        taken = 0;
      }
    }
    System.out.println("words ended as " + ends);
    assertThat(ends.keySet()).isEqualTo(Set.of("taken", "REC-1", "REC-19", "REC-2", "REC-3"));
  }

  private static RecordSender sender() {
    RecordSender sender = new RecordSender();
    sender.write(new byte[500]);
    sender.take();
    return sender;
  }

  private static ByteBuffer message(Random pick, long received) {
    long offset =
        pick.nextInt(3) > 0
            ? Math.max(0, received - pick.nextInt(20))
            : ODD[pick.nextInt(ODD.length)];
    long ack = pick.nextInt(4) > 0 ? 500 : ODD[pick.nextInt(ODD.length)];
    return switch (pick.nextInt(6)) {
      case 0, 1 -> Words.record(new Piece(offset, new byte[pick.nextInt(40)]), ack);
      case 2 -> Words.number(Words.ACK + pick.nextInt(3), ack);
      case 3 ->
          Words.givenUp(
              new GivenUp(offset, offset + pick.nextInt(50), frame(pick.nextInt(40), pick)), ack);
      case 4 -> said(pick.nextInt(256), TEXTS[pick.nextInt(TEXTS.length)]);
      default -> {
        byte[] any = new byte[pick.nextInt(40)];
        pick.nextBytes(any);
        yield ByteBuffer.wrap(any);
      }
    };
  }

  /** The beginning of one, or nearly. */
  private static byte[] frame(int size, Random pick) {
    byte[] frame = new byte[size];
    if (size > 3) {
      frame[3] = (byte) (20 + pick.nextInt(40));
    }
    return frame;
  }

  /** The same; or with a byte changed, or its end cut off. */
  private static ByteBuffer changed(ByteBuffer message, Random pick) {
    int size = message.remaining();
    if (size > 0 && pick.nextInt(4) == 0) {
      message.put(pick.nextInt(size), (byte) pick.nextInt(256));
    }
    if (size > 0 && pick.nextInt(8) == 0) {
      message.limit(pick.nextInt(size));
    }
    return message;
  }

  private static ByteBuffer said(int kind, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(1 + bytes.length).put((byte) kind).put(bytes).flip();
  }
}
