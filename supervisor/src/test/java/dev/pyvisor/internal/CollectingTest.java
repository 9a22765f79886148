package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Defaults;
import dev.pyvisor.Transfer;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ProtocolViolated;
import dev.pyvisor.error.TransportLost;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.EnvelopePeek;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a runner that lies can make of a collect: nothing but an error. */
@Timeout(20)
class CollectingTest {
  @TempDir Path directory;
  private ScriptedPeer peer;
  private SessionCore session;
  private Path folder;
  private int number = 1_000;

  @BeforeEach
  void join() throws IOException {
    peer = new ScriptedPeer(directory);
    session = peer.session(1);
    folder = Files.createDirectory(directory.resolve("host"));
  }

  @AfterEach
  void part() {
    peer.close();
  }

  @Test
  @Rule("FIL-3")
  void a_file_is_there_when_its_last_bytes_and_its_hash_are() throws IOException {
    CompletableFuture<Void> collected = collect();
    Message first = asked("file.read");
    answer(first, "{\"type\":\"file\",\"bytes\":5,\"executable\":false,\"transfer\":7}", "hel");
    Message second = asked("file.read");
    assertThat(text(second)).contains("\"transfer\":7", "\"offset\":3");
    assertThat(folder.resolve("x")).doesNotExist();
    answer(second, "{\"sha256\":\"" + hash("hello") + "\"}", "lo");
    collected.join();
    assertThat(folder.resolve("x")).hasContent("hello");
    assertThat(names()).containsExactly("x");
  }

  /** Others collect into the same directory, and one of them has it by now. */
  @Test
  @Rule({"FIL-4", "FIL-5"})
  void a_directory_that_was_made_and_is_used_by_now_stays_and_hides_no_error() throws IOException {
    CompletableFuture<Void> collected = collect("made/x");
    Message first = asked("file.read");
    answer(first, "{\"type\":\"file\",\"bytes\":5,\"executable\":false,\"transfer\":7}", "hel");
    Message second = asked("file.read");
    Files.writeString(folder.resolve("made/x"), "another's");
    answer(second, "{\"sha256\":\"" + hash("hello") + "\"}", "lo");
    answer(asked("file.abort"), "{}");
    refused(collected, ErrorCode.FILE_EXISTS, "made/x");
    assertThat(names()).containsExactly("made", "made/x");
    assertThat(folder.resolve("made/x")).hasContent("another's");
  }

  @Test
  @Rule("FIL-7")
  void a_name_that_is_none_is_refused() throws IOException {
    for (String name :
        List.of("", ".", "..", "../x", "a/b", "/etc/x", "a/", "a\\u0000b", "a\\ud800b", "LONG")) {
      CompletableFuture<Void> collected = collectDirectory();
      String sent = name.equals("LONG") ? "x".repeat(Limits.FILE_NAME + 1) : name;
      answer(asked("file.list"), "{}", "[[\"" + sent + "\",\"file\",1]]");
      refused(collected, ErrorCode.FILE_REFUSED, "no name");
      assertThat(names()).isEmpty();
    }
  }

  @Test
  @Rule("FIL-7")
  void a_name_that_comes_twice_is_refused() throws IOException {
    CompletableFuture<Void> collected = collectDirectory();
    answer(asked("file.list"), "{}", "[[\"a\",\"file\",1],[\"a\",\"directory\",0]]");
    refused(collected, ErrorCode.FILE_REFUSED, "twice");
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-7")
  void a_link_is_refused_before_anything_is_written() throws IOException {
    CompletableFuture<Void> collected = collectDirectory();
    answer(asked("file.list"), "{}", "[[\"a\",\"file\",1],[\"b\",\"link\",0]]");
    refused(collected, ErrorCode.FILE_REFUSED, "'out/b' is a link");
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-7")
  void a_listing_that_is_none_is_refused() throws IOException {
    for (String listing :
        List.of("{}", "nothing", "[1]", "[[\"a\",\"file\"]]", "[[\"a\",\"file\",-1]]")) {
      CompletableFuture<Void> collected = collectDirectory();
      answer(asked("file.list"), "{}", listing);
      refused(collected, ErrorCode.INTERNAL, "file.list");
      assertThat(names()).isEmpty();
    }
  }

  @Test
  @Rule("FIL-8")
  void directories_in_directories_without_end_are_refused() throws IOException {
    CompletableFuture<Void> collected = collectDirectory();
    for (int depth = 0; depth < Limits.FILE_DEPTH; depth++) {
      answer(asked("file.list"), "{}", "[[\"d\",\"directory\",0]]");
    }
    refused(collected, ErrorCode.MESSAGE_TOO_LARGE, String.valueOf(Limits.FILE_DEPTH));
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-8")
  void more_entries_than_a_listing_or_a_transfer_may_have_are_refused() throws IOException {
    CompletableFuture<Void> collected = collectDirectory();
    answer(asked("file.list"), "{}", listing(Limits.FILE_ENTRIES + 1, "file"));
    refused(collected, ErrorCode.INTERNAL, String.valueOf(Limits.FILE_ENTRIES + 1));

    collected = collectDirectory();
    answer(asked("file.list"), "{}", listing(11, "directory"));
    for (int folders = 0; folders < 10; folders++) {
      answer(asked("file.list"), "{}", listing(Limits.FILE_ENTRIES, "file"));
    }
    refused(collected, ErrorCode.MESSAGE_TOO_LARGE, String.valueOf(Limits.TRANSFER_ENTRIES));
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-8")
  void what_is_too_large_is_refused_with_the_numbers() throws IOException {
    long bytes = Defaults.TRANSFER_BYTES + 1;
    CompletableFuture<Void> collected = collect();
    String file = "{\"type\":\"file\",\"bytes\":" + bytes + ",\"executable\":false,\"transfer\":7}";
    answer(asked("file.read"), file, "x");
    answer(asked("file.abort"), "{}");
    refused(
        collected,
        ErrorCode.MESSAGE_TOO_LARGE,
        String.valueOf(bytes),
        String.valueOf(Defaults.TRANSFER_BYTES));

    collected = collectDirectory();
    String huge = "[[\"a\",\"file\",9223372036854775807],[\"b\",\"file\",9223372036854775807]]";
    answer(asked("file.list"), "{}", huge);
    refused(collected, ErrorCode.MESSAGE_TOO_LARGE, String.valueOf(Defaults.TRANSFER_BYTES));
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-3")
  void a_chunk_that_is_empty_or_more_than_was_told_is_refused() throws IOException {
    for (String chunk : List.of("", "abc", "TOO LARGE")) {
      CompletableFuture<Void> collected = collect();
      boolean large = chunk.equals("TOO LARGE");
      String told = "{\"type\":\"file\",\"bytes\":" + (large ? 1_000_000 : 2);
      answer(
          asked("file.read"),
          told + ",\"executable\":false,\"transfer\":7}",
          large ? "x".repeat(Limits.FILE_CHUNK + 1) : chunk);
      answer(asked("file.abort"), "{}");
      refused(collected, ErrorCode.INTERNAL, "chunk");
      assertThat(names()).isEmpty();
    }
  }

  @Test
  @Rule({"FIL-3", "FIL-4"})
  void a_wrong_hash_is_refused_and_leaves_nothing() throws IOException {
    CompletableFuture<Void> collected = collect();
    String file = "{\"type\":\"file\",\"bytes\":2,\"executable\":false,\"sha256\":\"";
    answer(asked("file.read"), file + hash("other") + "\"}", "ab");
    refused(collected, ErrorCode.OUTPUT_INTEGRITY, hash("ab"), hash("other"));
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-3")
  void an_answer_that_lacks_something_is_a_broken_rule() throws IOException {
    CompletableFuture<Void> collected = collect();
    answer(asked("file.read"), "{\"type\":\"file\"}", "ab");
    assertThatThrownBy(collected::join).hasCauseInstanceOf(ProtocolViolated.class);
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule({"FIL-4", "SES-11"})
  void a_link_that_ends_meanwhile_leaves_nothing() throws IOException {
    CompletableFuture<Void> collected = collect("sub/deep/x");
    String file = "{\"type\":\"file\",\"bytes\":5,\"executable\":false,\"transfer\":7}";
    answer(asked("file.read"), file, "hel");
    asked("file.read");
    assertThat(names()).hasSize(3);
    peer.link.end(new TransportLost("test", Delivery.UNKNOWN, "cut"));
    assertThatThrownBy(collected::join).hasCauseInstanceOf(TransportLost.class);
    assertThat(names()).isEmpty();
  }

  @Test
  @Rule("FIL-7")
  void what_is_written_follows_no_directory_that_was_exchanged_for_a_link() throws IOException {
    Path elsewhere = Files.createDirectory(directory.resolve("elsewhere"));
    CompletableFuture<Void> collected = collect();
    String file = "{\"type\":\"file\",\"bytes\":5,\"executable\":false,\"transfer\":7}";
    answer(asked("file.read"), file, "hel");
    Message second = asked("file.read");
    Path moved = directory.resolve("moved");
    Files.move(folder, moved);
    Files.createSymbolicLink(folder, elsewhere);
    answer(second, "{\"sha256\":\"" + hash("hello") + "\"}", "lo");
    collected.join();
    assertThat(elsewhere).isEmptyDirectory();
    assertThat(moved.resolve("x")).hasContent("hello");
  }

  @Test
  @Rule("FIL-7")
  void a_place_within_the_workspace_is_refused() throws IOException {
    CompletableFuture<Void> collected = collect("x", folder);
    String file = "{\"type\":\"file\",\"bytes\":2,\"executable\":false,\"sha256\":\"";
    answer(asked("file.read"), file + hash("ab") + "\"}", "ab");
    refused(collected, ErrorCode.FILE_REFUSED, "workspace itself");
    assertThat(names()).isEmpty();
  }

  // ---- the two sides ----

  private CompletableFuture<Void> collect() {
    return collect("x");
  }

  private CompletableFuture<Void> collect(String target) {
    return collect(target, directory.resolve("no workspace of this machine"));
  }

  private CompletableFuture<Void> collect(String target, Path workspace) {
    FileJob<Void> job =
        new FileJob<>(
            "test",
            "collect out",
            self -> {
              FileCalls calls = new FileCalls(session, peer::inCallTime, self);
              new Collecting(calls, Transfer.plain(), workspace)
                  .collect("out", folder.resolve(target));
              return null;
            });
    peer.callbacks.execute(job);
    return job.result;
  }

  private CompletableFuture<Void> collectDirectory() {
    CompletableFuture<Void> collected = collect();
    answer(asked("file.read"), "{\"type\":\"directory\"}");
    return collected;
  }

  private Message asked(String method) {
    Message message = peer.nextMessage();
    assertThat(EnvelopePeek.of(message.envelope()).method()).isEqualTo(method);
    return message;
  }

  private static String text(Message message) {
    return new String(message.envelope(), StandardCharsets.UTF_8);
  }

  private void answer(Message request, String result, String... attachments) {
    String envelope =
        "{\"jsonrpc\":\"2.0\",\"id\":" + ScriptedPeer.id(request) + ",\"result\":" + result + "}";
    List<byte[]> attached =
        Stream.of(attachments).map(each -> each.getBytes(StandardCharsets.UTF_8)).toList();
    peer.says(
        new Message(
            FrameKind.MESSAGE,
            0,
            0,
            0,
            0,
            ++number,
            envelope.getBytes(StandardCharsets.UTF_8),
            attached));
  }

  private static String listing(int count, String kind) {
    return IntStream.range(0, count)
        .mapToObj(each -> "[\"" + each + "\",\"" + kind + "\",0]")
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String hash(String text) {
    return HexFormat.of().formatHex(Hashes.sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static void refused(CompletableFuture<Void> collected, ErrorCode code, String... words) {
    assertThatThrownBy(collected::join)
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            CallFailed.class,
            failed -> {
              assertThat(failed.code()).as(failed.getMessage()).isEqualTo(code);
              assertThat(failed).hasMessageContainingAll(words);
            });
  }

  private List<String> names() throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return found
          .filter(path -> !path.equals(folder) && Files.exists(path, LinkOption.NOFOLLOW_LINKS))
          .map(path -> folder.relativize(path).toString())
          .sorted()
          .toList();
    }
  }
}
