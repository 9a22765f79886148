package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.outcome.Output;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.testing.Rule;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an outcome keeps of a cell's output. */
class CaptureTest {
  private static final int SEED = 7;

  @TempDir Path directory;

  @Test
  @Rule("LIF-10")
  void chunks_are_in_the_order_of_arrival_and_each_stream_is_whole() {
    Capture capture = new Capture(directory, "cell");
    add(capture, StreamName.STDOUT, "one");
    add(capture, StreamName.STDERR, "two");
    add(capture, StreamName.STDOUT, "three");
    Capture.Kept kept = capture.kept();
    assertThat(kept.chunks()).extracting(OutputChunk::text).containsExactly("one", "two", "three");
    assertThat(kept.stdout().text()).isEqualTo("onethree");
    assertThat(kept.stderr().text()).isEqualTo("two");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void beyond_the_limit_first_and_last_are_kept_and_a_file_holds_all() throws Exception {
    for (int total : new int[] {99, 100, 101, 149, 150, 151, 1000}) {
      for (int step : new int[] {1, 7, 60, 1000}) {
        Path file = directory.resolve("spill-" + total + "-" + step);
        StreamStore store = new StreamStore(file, 100);
        byte[] all = new byte[total];
        new Random(SEED).nextBytes(all);
        for (int at = 0; at < total; at += step) {
          store.add(all, at, Math.min(total, at + step));
        }
        assertKept(store.output(), all, file);
      }
    }
  }

  private static void assertKept(Output output, byte[] all, Path file) throws Exception {
    assertThat(output.size()).isEqualTo(all.length);
    if (all.length <= 100) {
      assertThat(output.bytes()).isEqualTo(all);
      assertThat(output.file()).isEmpty();
      return;
    }
    assertThat(Files.readAllBytes(output.file().orElseThrow())).isEqualTo(all);
    assertThat(output.file()).contains(file);
    byte[] shown = output.bytes();
    assertThat(output.truncated()).isTrue();
    assertThat(Arrays.copyOf(shown, 50)).isEqualTo(Arrays.copyOf(all, 50));
    assertThat(Arrays.copyOfRange(shown, shown.length - 50, shown.length))
        .isEqualTo(Arrays.copyOfRange(all, all.length - 50, all.length));
    assertThat(output.text()).contains((all.length - 100) + " bytes left out");
  }

  @Test
  void single_bytes_to_both_streams_in_turn_stay_cheap_and_whole() {
    Capture capture = new Capture(directory, "cell");
    int pairs = Defaults.CHUNKS_KEPT;
    for (int i = 0; i < pairs; i++) {
      add(capture, StreamName.STDOUT, "o");
      add(capture, StreamName.STDERR, "e");
    }
    Capture.Kept kept = capture.kept();
    assertThat(kept.chunks()).hasSize(Defaults.CHUNKS_KEPT + 2);
    assertThat(joined(kept.chunks(), StreamName.STDOUT)).isEqualTo("o".repeat(pairs));
    assertThat(joined(kept.chunks(), StreamName.STDERR)).isEqualTo("e".repeat(pairs));
  }

  @Test
  @Rule("FRM-8")
  void whole_characters_are_found_at_every_cut() {
    byte[] text = "aé€😀z".getBytes(StandardCharsets.UTF_8);
    int[] ends = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
    for (int to = 0; to <= text.length; to++) {
      assertThat(Utf8.wholeEnd(text, 0, to)).as("cut at " + to).isEqualTo(ends[to]);
    }
    byte[] odd = {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80};
    assertThat(Utf8.wholeEnd(odd, 0, 4)).isEqualTo(4);
    assertThat(Utf8.wholeEnd(new byte[] {'a', (byte) 0xff}, 0, 2)).isEqualTo(2);
  }

  @Test
  void a_batch_joins_runs_of_one_stream_and_keeps_their_order() {
    OutputBatch batch = new OutputBatch(1);
    for (String piece : List.of("o1", "o2", "e3", "o4")) {
      batch.add(
          piece.startsWith("o") ? StreamName.STDOUT : StreamName.STDERR,
          piece.getBytes(StandardCharsets.UTF_8));
    }
    StringBuilder seen = new StringBuilder();
    batch.forEach(
        (stream, bytes, from, to) ->
            seen.append(stream)
                .append(new String(bytes, from, to - from, StandardCharsets.UTF_8))
                .append(' '));
    assertThat(seen).hasToString("STDOUTo1o2 STDERRe3 STDOUTo4 ");
    assertThat(batch.size()).isEqualTo(8);
  }

  private static String joined(List<OutputChunk> chunks, StreamName stream) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    chunks.stream()
        .filter(chunk -> chunk.stream() == stream)
        .forEach(chunk -> bytes.writeBytes(chunk.bytes()));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void add(Capture capture, StreamName stream, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    capture.add(stream, bytes, 0, bytes.length);
  }
}
