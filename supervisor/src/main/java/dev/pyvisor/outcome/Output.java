package dev.pyvisor.outcome;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All of what a cell wrote to one stream: in memory up to {@code Defaults.OUTPUT_KEPT}; beyond it
 * the first and the last half of that, and a file with all of it that lives as long as the client
 * is open.
 *
 * <p>Immutable.
 */
public final class Output {
  private static final Output EMPTY = new Output(new byte[0], new byte[0], 0, null);

  private final byte[] head;
  private final byte[] tail;
  private final long size;
  private final @Nullable Path file;

  /**
   * {@code tail} is empty where {@code head} is all there is. The arrays are not written to any
   * more.
   */
  public Output(byte[] head, byte[] tail, long size, @Nullable Path file) {
    this.head = head;
    this.tail = tail;
    this.size = size;
    this.file = file;
  }

  public static Output empty() {
    return EMPTY;
  }

  /**
   * The chunks of two streams: {@code runs} are lengths in the order of arrival, negative for
   * standard error. What they do not cover comes last, as one chunk for each part.
   */
  public static List<OutputChunk> chunks(Output stdout, Output stderr, int[] runs) {
    return new ChunkList(stdout, stderr, runs);
  }

  /** Bytes that were written in all. */
  public long size() {
    return size;
  }

  /** Whether {@link #text()} and {@link #bytes()} leave out the middle. */
  public boolean truncated() {
    return size > (long) head.length + tail.length;
  }

  /** The file that holds all of it, where it was too much for memory. */
  public Optional<Path> file() {
    return Optional.ofNullable(file);
  }

  /**
   * The bytes; where {@link #truncated()}, the first and the last of them with a line between that
   * says so.
   */
  public byte[] bytes() {
    byte[] note = note().getBytes(StandardCharsets.UTF_8);
    byte[] all = new byte[head.length + note.length + tail.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(note, 0, all, head.length, note.length);
    System.arraycopy(tail, 0, all, head.length + note.length, tail.length);
    return all;
  }

  /** The same as text; what is not UTF-8 becomes U+FFFD. */
  public String text() {
    return truncated()
        ? new String(bytes(), StandardCharsets.UTF_8)
        : new String(head, StandardCharsets.UTF_8) + new String(tail, StandardCharsets.UTF_8);
  }

  /** The last so many bytes as text, or all that there is; less where the middle was left out. */
  public String end(int most) {
    byte[] last = tail.length == 0 ? head : tail;
    int from = Math.max(0, last.length - most);
    String end = new String(last, from, last.length - from, StandardCharsets.UTF_8);
    int missing = Math.min(head.length, most - (last.length - from));
    return last == head || missing <= 0 || truncated()
        ? end
        : new String(head, head.length - missing, missing, StandardCharsets.UTF_8) + end;
  }

  byte[] head() {
    return head;
  }

  byte[] tail() {
    return tail;
  }

  @Override
  public String toString() {
    return size + " bytes" + (truncated() ? " (truncated)" : "");
  }

  private String note() {
    return truncated()
        ? "\n[" + (size - head.length - tail.length) + " bytes left out; all of it: " + file + "]\n"
        : "";
  }
}
