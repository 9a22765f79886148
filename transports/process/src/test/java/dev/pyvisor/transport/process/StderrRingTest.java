package dev.pyvisor.transport.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is kept of a runner's standard error: exactly the last bytes. */
@Timeout(20)
@DisplayNameGeneration(ReplaceUnderscores.class)
class StderrRingTest {
  private static final int KEPT = Defaults.STDERR_KEPT;

  /** More than two turns, and no chunk of the test ends where the ring does. */
  private static final int ALL = 3 * KEPT + 17;

  private StderrRing ring = new StderrRing();

  @Test
  void of_nothing_nothing_is_kept() {
    ring.add(new byte[KEPT], 0);
    assertThat(ring.tail(KEPT)).isEmpty();
    assertThat(ring.written()).isZero();
  }

  @Test
  @Rule("H7")
  void the_last_bytes_are_kept_whatever_they_came_in() {
    byte[] all = letters(ALL);
    for (int chunk : List.of(1, 7, 1000, KEPT - 1, KEPT, KEPT + 1, 2 * KEPT, 2 * KEPT + 1, ALL)) {
      ring = new StderrRing();
      for (int at = 0; at < ALL; at += chunk) {
        int count = Math.min(chunk, ALL - at);
        // A buffer is larger than what was read into it, and used again.
        byte[] buffer = Arrays.copyOfRange(all, at, at + count + 1);
        ring.add(buffer, count);
        Arrays.fill(buffer, (byte) '!');
        assertThat(ring.written()).isEqualTo(at + count);
        if (chunk >= 1000) { // not for each of very many
          assertKept(all, at + count);
        }
      }
      assertKept(all, ALL);
    }
  }

  private void assertKept(byte[] all, int written) {
    for (int limit : new int[] {0, 1, 4096, KEPT - 1, KEPT, KEPT + 1, Integer.MAX_VALUE}) {
      int kept = Math.min(limit, Math.min(written, KEPT));
      assertThat(ring.tail(limit))
          .as("the last %d of %d", limit, written)
          .isEqualTo(new String(all, written - kept, kept, StandardCharsets.US_ASCII));
    }
  }

  @Test
  void less_than_it_holds_is_kept_whole() {
    byte[] few = letters(KEPT - 1);
    ring.add(few, few.length);
    assertThat(ring.tail(Integer.MAX_VALUE)).isEqualTo(new String(few, StandardCharsets.US_ASCII));
  }

  @Test
  void what_a_cut_leaves_of_a_character_is_shown_as_such() {
    byte[] euro = "1€2".getBytes(StandardCharsets.UTF_8);
    ring.add(euro, euro.length);
    assertThat(ring.tail(4)).isEqualTo("€2");
    assertThat(ring.tail(3)).matches("\uFFFD+2");
  }

  /** Each chunk is of one letter, the next of the next: a look at any moment sees them in order. */
  @Test
  void a_reader_sees_whole_chunks_in_order_while_others_are_added() throws Exception {
    StderrRing shared = new StderrRing();
    byte[][] chunks = new byte[26][KEPT / 4];
    for (int i = 0; i < chunks.length; i++) {
      Arrays.fill(chunks[i], (byte) ('a' + i));
    }
    AtomicBoolean looking = new AtomicBoolean(true);
    Thread writer =
        new Thread(
            () -> {
              for (int i = 0; looking.get(); i++) {
                shared.add(chunks[i % chunks.length], chunks[0].length);
              }
            });
    writer.start();
    try {
      for (int look = 0; look < 500; look++) {
        assertInOrder(shared.tail(KEPT), chunks[0].length);
      }
    } finally {
      looking.set(false);
      writer.join();
    }
  }

  private static void assertInOrder(String tail, int chunk) {
    assertThat(tail.length() % chunk).as("a part of a chunk").isZero();
    for (int at = 0; at < tail.length(); at++) {
      char expected = (char) ('a' + (tail.charAt(0) - 'a' + at / chunk) % 26);
      if (tail.charAt(at) != expected) {
        assertThat(tail.charAt(at)).as("at %d of %d", at, tail.length()).isEqualTo(expected);
      }
    }
  }

  private static byte[] letters(int count) {
    byte[] letters = new byte[count];
    Random random = new Random(7);
    for (int i = 0; i < count; i++) {
      letters[i] = (byte) ('a' + random.nextInt(26));
    }
    return letters;
  }
}
