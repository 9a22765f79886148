package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.MachineShare;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Every byte that a cell writes comes back, as it is written. */
@Core
public interface OutputContract extends RunnerContract {

  /** Output keeps its stream and its order: supersedes C19, stdout first and then stderr. */
  @Test
  @Needs(Capability.SEPARATE_STDERR)
  @Rule({"C18", "LIF-10"})
  default void the_output_of_subprocesses_belongs_to_the_cell() {
    SupervisorClient client = open();
    try (client) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              """
              import os, subprocess, sys
              os.write(1, b'fd 1\\n')
              os.write(2, b'fd 2\\n')
              print('print', flush=True)
              subprocess.run([sys.executable, '-c',
                  'import sys; print("child stdout"); print("child stderr", file=sys.stderr)'])
              """);
      assertThat(outcome.stdoutText()).isEqualTo("fd 1\nprint\nchild stdout\n");
      assertThat(outcome.stderrText()).isEqualTo("fd 2\nchild stderr\n");
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
    }
    assertThat(client.exited().join().stderrTail()).as("the supervisor's own stderr").isEmpty();
  }

  @Test
  @Needs(Capability.SEPARATE_STDERR)
  @Rule("C20")
  @Core(from = Tier.WIDE)
  default void output_survives_the_kill_that_follows_it() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import os, sys
                  print('no newline', end='')
                  print('to stderr', end='', file=sys.stderr)
                  os.kill(os.getpid(), 9)
                  """);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(outcome.stdoutText()).isEqualTo("no newline");
      assertThat(outcome.stderrText()).isEqualTo("to stderr");
    }
  }

  @Test
  @Needs(Capability.STREAMING)
  @Rule({"C21", "FRM-8"})
  @Core(between = false)
  default void characters_of_many_bytes_are_never_split() {
    String unit = "é日🙂";
    int repeats = 300_000; // more than the window of a stream, so that one chunk cannot hold it
    List<OutputChunk> chunks = Collections.synchronizedList(new ArrayList<>());
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of("print('x' + '" + unit + "' * " + repeats + ")")
                      .listener(
                          new CellListener() {
                            @Override
                            public void onOutput(OutputChunk chunk) {
                              chunks.add(chunk);
                            }
                          }));
      String expected = "x" + unit.repeat(repeats) + "\n";
      assertThat(outcome.stdoutText()).isEqualTo(expected);
      assertThat(chunks).hasSizeGreaterThan(1);
      assertThat(chunks).noneMatch(chunk -> chunk.text().contains("\uFFFD"));
      assertThat(chunks.stream().map(OutputChunk::text).collect(Collectors.joining()))
          .isEqualTo(expected);
    }
  }

  /** As much as an outcome keeps, in characters that fit no boundary of a power of two. */
  @Test
  @Rule("C21")
  @Core(from = Tier.WIDE)
  default void a_long_text_that_an_outcome_keeps_whole_is_unchanged() {
    int characters = 5_200_000;
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute("print('x' + '日' * " + characters + ", end='')");
      assertThat(outcome.stdout().truncated()).isFalse();
      assertThat(outcome.stdoutText().equals("x" + "日".repeat(characters))).isTrue();
    }
  }

  /** What an outcome does not keep stands in a file; its beginning and end are there. */
  @Test
  @Needs(Capability.STREAMING)
  @Rule({"C21", "W32"})
  @Core(from = Tier.WIDE)
  default void output_beyond_what_an_outcome_keeps_is_whole_in_a_file() throws IOException {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client.session().execute("print('first')\nprint('x' * 40_000_000)\nprint('last')");
      assertThat(outcome.ok()).isTrue();
      assertThat(outcome.stdout().truncated()).isTrue();
      assertThat(outcome.stdout().size()).isEqualTo(40_000_012);
      assertThat(outcome.stdoutText()).startsWith("first\n").endsWith("last\n");
      assertThat(Files.size(outcome.stdout().file().orElseThrow())).isEqualTo(40_000_012);
    }
  }

  @Test
  @Rule("C21")
  @Needs(Capability.STREAMING)
  @Core(from = Tier.WIDE)
  default void bytes_that_are_no_text_are_kept_as_bytes_and_shown_as_replacement() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client.session().execute("import os; _ = os.write(1, b'a\\xff\\xc3b\\xe6\\x97')");
      assertThat(outcome.stdoutText()).isEqualTo("a\uFFFD\uFFFDb\uFFFD");
    }
  }

  @Test
  @Rule("C22")
  @Needs(Capability.SEPARATE_STDERR)
  @Core(between = false)
  default void both_streams_come_back_apart() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute("import sys;print('stdout ok');print('stderr ok',file=sys.stderr)");
      assertThat(outcome.stdoutText()).isEqualTo("stdout ok\n");
      assertThat(outcome.stderrText()).isEqualTo("stderr ok\n");
      assertThat(outcome.chunks().stream().map(OutputChunk::stream))
          .contains(StreamName.STDOUT, StreamName.STDERR);
    }
  }

  /** The cell waits for a tool that answers only when the byte was seen: so it still runs. */
  @Test
  @Rule({"C20", "W32"})
  @Needs(Capability.STREAMING)
  @Core(from = Tier.WIDE)
  default void a_print_reaches_the_listener_while_the_cell_goes_on() {
    Counts counts = Counts.of(20, 200, 1000);
    Semaphore seen = new Semaphore(0);
    Latencies latencies = new Latencies();
    MachineShare share = MachineShare.since();
    Tool gate =
        Tool.named("gate").handler((arguments, context) -> seen.tryAcquire(10, TimeUnit.SECONDS));
    try (SupervisorClient client = open(gate)) {
      CellRun run =
          client
              .session()
              .start(
                  Cell.of(
                          "import time\nseen = True\nfor _ in range("
                              + counts.now()
                              + "):\n    print(time.monotonic_ns())\n    seen &= await gate()\nseen")
                      .withValue()
                      .listener(
                          new CellListener() {
                            @Override
                            public void onOutput(OutputChunk chunk) {
                              // Both clocks are CLOCK_MONOTONIC of this machine.
                              long printed = Long.parseLong(chunk.text().strip());
                              latencies.add(Duration.ofNanos(System.nanoTime() - printed));
                              seen.release();
                            }
                          }));
      Outcome outcome = run.outcome().join();
      assertThat(outcome.error()).as(outcome.toString()).isEmpty();
      assertThat(outcome.value().orElseThrow().as(Boolean.class))
          .as("each byte was seen before its cell went on")
          .isTrue();
    }
    Evidence.record(
        "first byte of a print at the listener, while the cell goes on",
        List.of("C20"),
        latencies.summary(),
        counts);
    assertThat(latencies.quantile(0.5)).isLessThan(Duration.ofMillis(100));
    // None waits for more output, or for a timer: 36 ms at most were measured, beside other builds.
    share.assertBelow(Duration.ofSeconds(1), latencies.max());
  }

  @Test
  @Rule({"W32", "LIF-10"})
  @Needs(Capability.SEPARATE_STDERR)
  @Core(from = Tier.WIDE)
  default void the_chunks_of_both_streams_stand_in_the_order_in_which_they_were_printed() {
    Semaphore seen = new Semaphore(0);
    Tool gate =
        Tool.named("gate").handler((arguments, context) -> seen.tryAcquire(10, TimeUnit.SECONDS));
    try (SupervisorClient client = open(gate)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of(
                          """
                          import sys
                          for i in range(10):
                              print('out', i)
                              assert await gate()
                              print('err', i, file=sys.stderr)
                              assert await gate()
                          """)
                      .listener(
                          new CellListener() {
                            @Override
                            public void onOutput(OutputChunk chunk) {
                              seen.release();
                            }
                          }));
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.chunks().stream().map(OutputChunk::text).collect(Collectors.joining()))
          .isEqualTo(
              IntStream.range(0, 10)
                  .mapToObj(i -> "out " + i + "\nerr " + i + "\n")
                  .collect(Collectors.joining()));
    }
  }

  /**
   * The beginning of a message and no end of line: where it got into the protocol, all were over.
   */
  @Test
  @Rule({"W26", "LIF-6"})
  @Needs(Capability.STREAMING)
  @Core(from = Tier.WIDE)
  default void what_a_thread_prints_between_two_cells_is_late_output_and_disturbs_no_cell()
      throws Exception {
    String fragment = "{\"jsonrpc\":\"2.0\",\"id\":1,";
    CountDownLatch ended = new CountDownLatch(1);
    Tool end = Tool.of("end_of_cell", (arguments, context) -> ended.await(10, TimeUnit.SECONDS));
    CompletableFuture<String> late = new CompletableFuture<>();
    try (SupervisorClient client = open(end)) {
      Session session = client.session();
      session.onLateOutput(chunk -> late.complete(chunk.text()));
      session.set("fragment", fragment);
      Outcome first =
          session.execute(
              """
              import os, threading
              def stays():
                  while True:
                      try:
                          if end_of_cell.sync():
                              break
                      except ToolCancelled:
                          pass  # the host had not heard of the cell's end
                  os.write(1, fragment.encode())
              thread = threading.Thread(target=stays)
              thread.start()
              print('mine')
              """);
      assertThat(first.stdoutText()).isEqualTo("mine\n");
      ended.countDown();
      assertThat(late.get(10, TimeUnit.SECONDS)).isEqualTo(fragment);
      for (int i = 0; i < 3; i++) {
        assertThat(session.execute("thread.join()\nprint(" + i + ")").stdoutText())
            .isEqualTo(i + "\n");
      }
    }
  }
}
