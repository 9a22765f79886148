package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Terminal.Result;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.RunsFrom;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** One Ctrl-C at a terminal during each kind of cell that does not end by itself. */
@Rule("H11")
@RunsFrom(
    tier = Tier.WIDE,
    why =
        "one kind of cell goes through the terminal beside it, and all go through the runner alone")
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 600, why = "many commands, one after another, each a JVM and a Python of its own")
class CtrlCMatrixTest {
  /** The default grace, at whose end a cell is killed. */
  private static final double GRACE_SECONDS = 2;

  /** Bounds kill, takeover and the way to the terminal on a loaded machine. */
  private static final double MORE_SECONDS = 20;

  /** So the code is stuck by then; where it is not, it is interrupted all the same. */
  private static final int TYPING_MILLIS = 100;

  /** Those that show the different ways; the others run in the larger tiers. */
  private static final List<StuckCell> FEW =
      List.of(
          StuckCell.PYTHON_LOOP,
          StuckCell.TOP_LEVEL_AWAIT,
          StuckCell.SUBPROCESS,
          StuckCell.FINALLY_SLEEP,
          StuckCell.IGNORED_SIGNAL,
          StuckCell.STOPPED);

  @TempDir Path scratch;

  @Test
  void the_cell_is_interrupted_in_time_and_a_later_one_finds_the_state() throws Exception {
    List<StuckCell> all = List.of(StuckCell.values());
    Counts count = Counts.of(FEW.size(), all.size(), all.size());
    List<StuckCell> cells = count.now() == all.size() ? all : FEW;
    List<String> table = new ArrayList<>();
    table.add("cell | outcome | seconds to outcome | state | cause");
    try {
      for (StuckCell cell : cells) {
        table.add(interrupted(cell));
      }
    } finally {
      table.forEach(System.out::println);
    }
    Evidence.record(
        "Ctrl-C at a terminal, during each kind of stuck cell",
        List.of("H11"),
        cells.size() + " kinds interrupted, state kept in each",
        count);
  }

  private String interrupted(StuckCell cell) throws Exception {
    Path directory = Files.createDirectory(scratch.resolve(cell.name()));
    Result result =
        new Terminal(
                directory,
                "exec",
                "--json",
                "-c",
                "kept = 41",
                "-c",
                cell.before() + CtrlCTest.started() + cell.stuck(),
                "-c",
                "print(kept)")
            .type(Terminal.CTRL_C, "started", "x", TYPING_MILLIS)
            .run();

    assertThat(result.gaveUp()).as(cell + ": " + result).isFalse();
    assertThat(result.lines()).as(cell + ": " + result).isEqualTo(3);
    JsonNode stuck = result.line(1);
    JsonNode state = stuck.get("state");
    String row =
        String.format(
            Locale.ROOT,
            "%s | %s | %.2f | %s | %s",
            cell,
            stuck.get("outcome").asString(),
            result.secondsToLine(1),
            state.get("source").asString(),
            stuck.path("cause").asString(""));
    assertThat(stuck.get("outcome").asString()).as(row).isEqualTo("interrupted");
    assertThat(result.secondsToLine(1)).as(row).isLessThan(GRACE_SECONDS + MORE_SECONDS);
    assertThat(state.get("preserved").asBoolean()).as(row + " " + state).isTrue();
    assertThat(state.get("source").asString()).as(row).isIn(cell.sources());
    assertThat(result.line(2).get("stdout").asString()).as(row).isEqualTo("41\n");
    assertThat(result.status()).as(row).isEqualTo(1);
    assertThat(result.left()).as(row).isEmpty();
    return row;
  }
}
