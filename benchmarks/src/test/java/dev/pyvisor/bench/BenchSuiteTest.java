package dev.pyvisor.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.bench.BenchOptions.Format;
import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.BenchReport.Result;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.contract.backend.Sandboxes;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What is measured is of no account here, so that others may run beside it. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 120, why = "it warms up every row, with an ipykernel where there is one")
class BenchSuiteTest {
  /** What warms up counts by them, too: of some fifty rows, half a minute with four. */
  private static final int ROUNDS = 2;

  private final ByteArrayOutputStream page = new ByteArrayOutputStream();

  @Test
  void every_row_is_measured_or_says_why_not() throws Exception {
    // Heaps of a gigabyte are for a machine that has nothing else to do.
    List<String> rows =
        BenchSuite.rowKeys().stream().filter(key -> !key.endsWith(Heap.LARGE.key())).toList();

    BenchReport report = run(rows, EnumSet.of(Phase.IDLE), Format.TEXT);

    assertThat(report.results()).extracting(Result::key).isEqualTo(rows);
    for (Result result : report.results()) {
      if (result.key().startsWith("ipykernel") && result.figures().isEmpty()) {
        assertThat(result.note()).contains("not installed");
      } else if (needsSandbox(result.key()) && !Sandboxes.areRequired()) {
        assertThat(result.figures().isPresent() || !result.note().isBlank()).isTrue();
      } else {
        assertThat(result.figures()).as(result.title() + ": " + result.note()).isPresent();
      }
      assertThat(text()).contains(result.title());
    }
  }

  private static boolean needsSandbox(String row) {
    return row.contains("bwrap") || row.contains("bubblewrap") || row.contains("podman");
  }

  @Test
  void a_chosen_row_brings_its_yardstick() throws Exception {
    BenchReport report = run(List.of("worker-cell"), EnumSet.allOf(Phase.class), Format.JSON);

    assertThat(report.results())
        .extracting(Result::key)
        .containsExactly("echo", "worker-cell", "echo", "worker-cell");
    JsonNode json = JsonMapper.shared().readTree(text());
    assertThat(json.path("results").size()).isEqualTo(4);
    JsonNode busyWorker = json.path("results").path(3);
    assertThat(busyWorker.path("phase").asString()).isEqualTo("busy");
    assertThat(busyWorker.path("ratio").asDouble()).isPositive();
    assertThat(json.path("busyLoops").asInt()).isPositive();
  }

  @Test
  void a_cell_after_a_pause_stands_beside_an_echo_after_the_same_pause() throws Exception {
    BenchReport report = run(List.of("cell-after-pause"), EnumSet.of(Phase.IDLE), Format.JSON);

    assertThat(report.results())
        .extracting(Result::key)
        .containsExactly("echo-after-pause", "cell-after-pause");
    JsonNode results = JsonMapper.shared().readTree(text()).path("results");
    assertThat(results.path(1).path("yardstick").asString()).isEqualTo("echo-after-pause");
    assertThat(results.path(1).path("ratio").asDouble()).isPositive();
    // What is waited for is in no figure: the pause alone is many times an echo.
    assertThat(results.path(0).path("medianNanos").asLong())
        .isPositive()
        .isLessThan(BenchLimits.THOUGHT.toNanos());
  }

  @Test
  void memory_is_told_in_bytes_beside_that_of_a_bare_fork() throws Exception {
    BenchReport report = run(List.of("session-memory"), EnumSet.of(Phase.IDLE), Format.JSON);

    assertThat(report.results())
        .extracting(Result::key)
        .containsExactly("fork-memory", "session-memory");
    JsonNode session = JsonMapper.shared().readTree(text()).path("results").path(1);
    assertThat(session.path("medianBytes").asLong()).isPositive();
    assertThat(session.has("medianNanos")).isFalse();
    assertThat(session.path("yardstick").asString()).isEqualTo("fork-memory");
  }

  @Test
  void a_gigabyte_is_left_out_where_memory_is_short() throws Exception {
    Interpreter interpreter = Interpreter.find(Optional.empty());
    try (Workbench poor = new Workbench(interpreter, BenchLimits.LARGE_HEAP_NEEDS - 1);
        Workbench rich = new Workbench(interpreter, BenchLimits.LARGE_HEAP_NEEDS)) {
      assertThatThrownBy(() -> Heap.LARGE.requireRoom(poor))
          .isInstanceOf(RowUnavailable.class)
          .hasMessageContaining("left out")
          .hasMessageContaining("6.00 GB");
      assertThatCode(() -> Heap.LARGE.requireRoom(rich)).doesNotThrowAnyException();
      assertThatCode(() -> Heap.MEDIUM.requireRoom(poor)).doesNotThrowAnyException();
    }
  }

  @Test
  void an_unknown_row_is_refused_with_the_ones_there_are() {
    assertThatThrownBy(() -> run(List.of("nonsense"), EnumSet.of(Phase.IDLE), Format.TEXT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("nonsense")
        .hasMessageContaining("echo-large");
  }

  private BenchReport run(List<String> rows, Set<Phase> phases, Format format)
      throws IOException, InterruptedException {
    PrintStream out = new PrintStream(page, true, StandardCharsets.UTF_8);
    return BenchSuite.run(new BenchOptions(rows, ROUNDS, Optional.empty(), phases, format), out);
  }

  private String text() {
    return page.toString(StandardCharsets.UTF_8);
  }
}
