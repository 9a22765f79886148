package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Records: exactly once and in order, whatever the link does. */
class RecordsTest {
  private final RecordSender sender = new RecordSender();
  private final RecordReceiver receiver = new RecordReceiver();

  @Test
  void what_is_written_is_taken_once_in_order_in_pieces_of_the_limit() {
    byte[] data = random(150_000);
    for (int at = 0; at < data.length; at += 1_000) {
      sender.write(java.util.Arrays.copyOfRange(data, at, at + 1_000));
    }
    ByteArrayOutputStream got = new ByteArrayOutputStream();
    List<Long> offsets = new ArrayList<>();
    for (Optional<Piece> piece = sender.take(); piece.isPresent(); piece = sender.take()) {
      offsets.add(piece.get().offset());
      assertThat(piece.get().data().length).isLessThanOrEqualTo(Limits.RECORD);
      got.writeBytes(bytes(receiver.accept(piece.get())));
    }
    assertThat(got.toByteArray()).isEqualTo(data);
    assertThat(offsets).containsExactly(0L, 65_536L, 131_072L);
  }

  @Test
  void what_is_not_acknowledged_is_sent_again_and_what_is_is_freed() {
    sender.write(ascii("abc"));
    sender.write(ascii("def"));
    sender.take();
    sender.acknowledge(2);
    assertThat(sender.unacked()).isEqualTo(4);
    assertThat(sender.unsent()).isZero();
    sender.cut();
    sender.resume(4);
    assertThat(sender.take()).get().extracting(Piece::offset).isEqualTo(4L);
    sender.acknowledge(6);
    assertThat(sender.unacked()).isZero();
  }

  @Test
  void a_record_from_2_to_the_63_on_is_a_broken_rule_and_nothing_of_it_is_taken() {
    for (long wrong : new long[] {-1, -2, Long.MIN_VALUE, Long.MIN_VALUE + 1}) {
      assertThatThrownBy(() -> receiver.accept(new Piece(wrong, ascii("abc"))))
          .hasMessageContaining("REC-1");
    }
    assertThat(receiver.received()).isZero();
  }

  @Test
  void an_acknowledgement_of_what_was_never_sent_or_that_goes_back_is_a_broken_rule() {
    sender.write(ascii("abcdef"));
    assertThatThrownBy(() -> sender.acknowledge(1)).hasMessageContaining("REC-3");
    sender.take();
    sender.acknowledge(4);
    for (long wrong : new long[] {-1, 0, 3, 7, Long.MAX_VALUE, Long.MIN_VALUE}) {
      assertThatThrownBy(() -> sender.acknowledge(wrong)).hasMessageContaining("REC-3");
    }
    sender.cut();
    sender.resume(4);
    assertThat(sender.take()).get().extracting(Piece::data).isEqualTo(ascii("ef"));
  }

  @Test
  void an_acknowledgement_may_overtake_what_is_to_be_sent_next() {
    sender.write(ascii("abcd"));
    sender.take();
    sender.cut();
    sender.resume(2);
    sender.acknowledge(4);
    assertThat(sender.take()).isEmpty();
    sender.write(ascii("e"));
    assertThat(sender.take()).get().extracting(Piece::offset).isEqualTo(4L);
  }

  @Test
  void pieces_become_smaller_while_cuts_bring_no_progress() {
    sender.write(new byte[1_000_000]);
    List<Integer> kib = new ArrayList<>();
    for (int cut = 1; cut < Limits.RECORD_CUTS_BEFORE_POISON; cut++) {
      kib.add(sender.take().orElseThrow().data().length / 1_024);
      assertThat(sender.poisoned()).isEmpty();
      sender.cut();
      sender.resume(0);
    }
    assertThat(kib).containsExactly(64, 64, 64, 16, 4, 1, 1);
    sender.take();
    sender.cut();
    assertThat(sender.poisoned()).get().extracting(Piece::end).isEqualTo((long) Limits.RECORD_MIN);
    sender.resume(Limits.RECORD_MIN);
    assertThat(sender.poisoned()).isEmpty();
    // What came through the smallest pieces is no word for large ones; a megabyte of them is.
    assertThat(sender.pieceSize()).isEqualTo(Limits.RECORD_MIN);
    sender.write(new byte[Limits.RECORD_GROW]);
    Optional<Piece> piece = sender.take();
    for (; piece.isPresent() && sender.pieceSize() < Limits.RECORD; piece = sender.take()) {
      sender.acknowledge(piece.get().end());
    }
    assertThat(sender.acked()).isBetween((long) Limits.RECORD_GROW, Limits.RECORD_GROW + 2_048L);
    assertThat(sender.pieceSize()).isEqualTo(Limits.RECORD);
  }

  @Test
  void cuts_while_nothing_is_on_its_way_or_something_comes_the_other_way_are_no_poison() {
    sender.write(ascii("abc"));
    for (int cut = 0; cut < 2 * Limits.RECORD_CUTS_BEFORE_POISON; cut++) {
      sender.cut(); // it was not sent
      sender.resume(0);
    }
    assertThat(sender.poisoned()).isEmpty();
    for (int cut = 0; cut < 2 * Limits.RECORD_CUTS_BEFORE_POISON; cut++) {
      sender.take();
      sender.forgive();
      sender.cut();
      sender.resume(0);
    }
    assertThat(sender.poisoned()).isEmpty();
  }

  @Test
  void what_came_before_is_dropped_and_counted_also_where_only_a_part_of_it_did() {
    assertThat(bytes(receiver.accept(new Piece(0, ascii("abc"))))).isEqualTo(ascii("abc"));
    assertThat(bytes(receiver.accept(new Piece(0, ascii("abc"))))).isEmpty();
    assertThat(bytes(receiver.accept(new Piece(1, ascii("bcde"))))).isEqualTo(ascii("de"));
    assertThat(bytes(receiver.accept(new Piece(0, ascii("a"))))).isEmpty();
    assertThat(receiver.received()).isEqualTo(5);
    assertThat(receiver.duplicates()).isEqualTo(6);
    assertThatThrownBy(() -> receiver.accept(new Piece(6, ascii("f"))))
        .hasMessageContaining("REC-2")
        .hasMessageContaining("begins at 6, but 5");
  }

  @Test
  void an_acknowledgement_is_due_by_bytes_or_by_records_and_a_record_sent_again_is_told_again() {
    receiver.accept(new Piece(0, ascii("x")));
    assertThat(receiver.owes()).isTrue();
    assertThat(receiver.due()).isFalse();
    for (int at = 1; at < Limits.RECORD_ACK_RECORDS; at++) {
      receiver.accept(new Piece(at, ascii("x")));
    }
    assertThat(receiver.due()).isTrue();
    assertThat(receiver.tell()).isEqualTo(Limits.RECORD_ACK_RECORDS);
    assertThat(receiver.owes() || receiver.due()).isFalse();
    receiver.accept(new Piece(0, ascii("x")));
    assertThat(receiver.owes()).isTrue();
    receiver.accept(new Piece(Limits.RECORD_ACK_RECORDS, new byte[Limits.RECORD_ACK_BYTES]));
    assertThat(receiver.due()).isTrue();
  }

  /**
   * Links that die at random bytes, whose last records may still arrive while a new one is made.
   */
  @Test
  void whatever_the_link_does_each_byte_arrives_once_in_its_order() {
    for (int round = 0; round < 300; round++) {
      long seed = System.nanoTime();
      Random pick = new Random(seed);
      RecordSender from = new RecordSender();
      RecordReceiver to = new RecordReceiver();
      byte[] data = random(pick.nextInt(400_000));
      ByteArrayOutputStream got = new ByteArrayOutputStream();
      int written = 0;
      int links = 0;
      List<Piece> late = new ArrayList<>();
      while (got.size() < data.length) {
        assertThat(links++).as("links, seed %s", seed).isLessThan(5_000);
        long answer = to.received();
        for (Piece piece : late) {
          got.writeBytes(bytes(to.accept(piece)));
        }
        late.clear();
        from.resume(answer);
        int left = 2_000 + pick.nextInt(80_000);
        while (left > 0) {
          if (written < data.length && pick.nextBoolean()) {
            int count = Math.min(data.length - written, 1 + pick.nextInt(70_000));
            from.write(java.util.Arrays.copyOfRange(data, written, written + count));
            written += count;
          }
          Optional<Piece> piece = from.take();
          if (piece.isEmpty()) {
            if (written == data.length) {
              break;
            }
            continue;
          }
          left -= piece.get().data().length;
          if (left < 0) {
            if (left > -1_000) {
              late.add(piece.get());
            }
            break;
          }
          got.writeBytes(bytes(to.accept(piece.get())));
          if (to.due() || pick.nextInt(4) == 0) {
            from.acknowledge(to.tell());
          }
        }
        from.cut();
        assertThat(from.poisoned()).as("seed %s", seed).isEmpty();
      }
      assertThat(got.toByteArray()).as("seed %s", seed).isEqualTo(data);
    }
  }

  private static byte[] random(int size) {
    byte[] data = new byte[size];
    new Random(size).nextBytes(data);
    return data;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private static byte[] bytes(ByteBuffer buffer) {
    byte[] data = new byte[buffer.remaining()];
    buffer.get(data);
    return data;
  }
}
