package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.transport.process.Rule;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes to lines, and lines to bytes. */
class LinesTest {
  private final List<String> cut = new ArrayList<>();

  private void feed(LineCutter cutter, byte[] bytes) {
    cutter.feed(ByteBuffer.wrap(bytes), line -> cut.add(new String(line, StandardCharsets.UTF_8)));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 1000})
  @Rule({"C113", "FRM-3"})
  void lines_are_the_same_however_the_bytes_were_cut(int step) {
    byte[] bytes = utf8("{\"é\":1}\n\n \r\n{\"€😀\":2}\r\npartial");
    LineCutter cutter = new LineCutter(100);
    for (int at = 0; at < bytes.length; at += step) {
      byte[] piece = new byte[Math.min(step, bytes.length - at)];
      System.arraycopy(bytes, at, piece, 0, piece.length);
      feed(cutter, piece);
    }
    assertThat(cut).containsExactly("{\"é\":1}", "{\"€😀\":2}\r");
    assertThat(cutter.kept()).isEqualTo("partial".length());
    feed(cutter, utf8("-completion\n"));
    assertThat(cut).last().isEqualTo("partial-completion");
  }

  @ParameterizedTest
  @ValueSource(strings = {"12345678901", "12345678901\n", "x\n1234567890\n12345678901"})
  void a_line_that_is_too_long_breaks_a_rule_also_before_it_ends(String text) {
    LineCutter cutter = new LineCutter(10);
    assertThatThrownBy(() -> feed(cutter, utf8(text)))
        .isInstanceOf(ProtocolError.class)
        .hasMessageContaining("STDIO-1: a line is longer than 10 bytes")
        .hasMessageContaining("31 32 33");
  }

  @Test
  void a_line_of_the_greatest_length_is_one() {
    feed(new LineCutter(10), utf8("1234567890\n"));
    assertThat(cut).containsExactly("1234567890");
  }

  // ---- the queue ----

  private final LineQueue queue = new LineQueue();

  private String take(int room) throws InterruptedException {
    ByteBuffer buffer = ByteBuffer.allocate(room);
    assertThat(queue.take(buffer)).isTrue();
    return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
  }

  @Test
  @Rule("C114")
  void lines_leave_in_order_in_pieces_that_fit() throws Exception {
    queue.add(LineQueue.Kind.REQUEST, utf8("first\n"));
    queue.add(LineQueue.Kind.ANSWER, utf8("second\n"));
    assertThat(queue.waiting()).isEqualTo(13);
    assertThat(take(4) + take(4) + take(4)).isEqualTo("first\nsecond");
    assertThat(queue.waiting()).isEqualTo(1);
    queue.end();
    queue.add(LineQueue.Kind.REQUEST, utf8("too late\n"));
    assertThat(take(4)).isEqualTo("\n");
    assertThat(queue.take(ByteBuffer.allocate(4))).isFalse();
  }

  @Test
  void answers_are_taken_back_but_for_the_one_that_has_begun() throws Exception {
    queue.add(LineQueue.Kind.ANSWER, utf8("begun\n"));
    queue.add(LineQueue.Kind.ANSWER, utf8("answer\n"));
    queue.add(LineQueue.Kind.REQUEST, utf8("request\n"));
    assertThat(take(2)).isEqualTo("be");
    queue.dropAnswers();
    assertThat(queue.waiting()).isEqualTo("gun\nrequest\n".length());
    assertThat(take(100)).isEqualTo("gun\nrequest\n");
  }

  @Test
  void the_writer_waits_for_a_line_or_the_end() throws Exception {
    CompletableFuture<String> taken =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return take(100);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            },
            work -> new Thread(work).start());
    queue.add(LineQueue.Kind.REQUEST, utf8("line\n"));
    assertThat(taken.get(10, TimeUnit.SECONDS)).isEqualTo("line\n");
  }
}
