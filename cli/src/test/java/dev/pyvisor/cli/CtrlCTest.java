package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Terminal.Result;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ctrl-C typed at a terminal on which {@code pyvisor exec} runs. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 600, why = "many commands, one after another, each a JVM and a Python of its own")
class CtrlCTest {
  /** What a second Ctrl-C may take. */
  private static final double END_SECONDS = 3;

  private static final String AGAIN = "Ctrl-C again ends the program";

  /** Goes on whatever is raised in it. */
  private static final String STUBBORN =
      "while True:\n  try:\n    " + started().strip() + "\n    time.sleep(60)\n  except: pass";

  /**
   * Has written more than a pipe and a terminal hold by the time at which it tells that it runs.
   */
  private static final String FLOOD =
      "for line in range(20): print('x' * 10000)\n" + started() + "while True: print('x' * 10000)";

  @TempDir Path scratch;

  @Test
  void the_first_interrupts_the_cell_and_the_next_one_finds_the_state() throws Exception {
    Result result =
        new Terminal(
                scratch,
                "exec",
                "-c",
                "kept = 41",
                "-c",
                "import time; print('asleep'); time.sleep(60)",
                "-c",
                "print('kept', kept + 1)")
            .whole()
            .type(Terminal.CTRL_C, "terminal", "asleep")
            .run();

    assertThat(result.terminal())
        .contains("^C")
        .contains("KeyboardInterrupt")
        .contains("pyvisor: cell 2 interrupted")
        .contains("(live)")
        .contains("kept 42");
    assertEnded(result, 1);
  }

  @Test
  void stop_on_error_stops_at_the_interrupted_cell() throws Exception {
    Result result =
        new Terminal(
                scratch,
                "exec",
                "--stop-on-error",
                "-c",
                started() + "import time; time.sleep(60)",
                "-c",
                "print('next')")
            .type(Terminal.CTRL_C, "started", "x")
            .run();

    assertThat(result.stdout()).isEmpty();
    assertThat(result.terminal()).contains("cell 1 interrupted");
    assertEnded(result, 1);
  }

  /**
   * Each tells that it runs where the first Ctrl-C can do nothing any more, not one line before.
   */
  static List<String> deafToInterrupts() {
    return List.of(
        STUBBORN,
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            + started()
            + "subprocess.run(['sleep', '60'])",
        "subprocess.run(['sh', '-c', 'kill -STOP $PPID; echo x > started'])\ntime.sleep(60)");
  }

  @ParameterizedTest
  @MethodSource("deafToInterrupts")
  void the_second_ends_the_program_and_nothing_is_left(String code) throws Exception {
    Result result =
        new Terminal(
                scratch,
                "exec",
                "--interrupt-grace=60s",
                "-c",
                "import os, signal, subprocess, time; p = subprocess.Popen(['sleep', '300'])",
                "-c",
                code,
                "-c",
                "print('next')")
            .type(Terminal.CTRL_C, "started", "x")
            .type(Terminal.CTRL_C, "terminal", AGAIN)
            .run();

    assertThat(result.secondsToTheEnd()).isLessThan(END_SECONDS);
    assertThat(result.stdout()).isEmpty();
    assertEnded(result, 130);
  }

  @Test
  void two_at_once_end_the_program_too() throws Exception {
    Result result =
        new Terminal(scratch, "exec", "--json", "-c", "import time\n" + STUBBORN)
            .type(Terminal.CTRL_C, "started", "x")
            .type(Terminal.CTRL_C, 20)
            .type(Terminal.CTRL_C, 20)
            .run();

    assertThat(result.secondsToTheEnd()).isLessThan(END_SECONDS);
    assertEnded(result, 130);
  }

  @Test
  void the_second_ends_the_program_also_when_another_cell_runs_by_then() throws Exception {
    Result result =
        new Terminal(
                scratch,
                "exec",
                "-c",
                "import time; print('one'); time.sleep(60)",
                "-c",
                "print('two'); time.sleep(60)")
            .whole()
            .type(Terminal.CTRL_C, "terminal", "one")
            .type(Terminal.CTRL_C, "terminal", "two")
            .run();

    assertThat(result.secondsToTheEnd()).isLessThan(END_SECONDS);
    assertThat(result.terminal()).contains("cell 1 interrupted");
    assertEnded(result, 130);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void output_that_nobody_takes_does_not_keep_the_program(boolean toTheTerminal) throws Exception {
    Terminal deaf = new Terminal(scratch, "exec", "-c", FLOOD).deaf();
    Result result =
        (toTheTerminal ? deaf.whole() : deaf)
            .type(Terminal.CTRL_C, "started", "x")
            .type(Terminal.CTRL_C, 500)
            .run();

    assertThat(result.secondsToTheEnd()).isLessThan(END_SECONDS);
    assertEnded(result, 130);
  }

  @Test
  void where_interrupts_are_ignored_they_stay_ignored_and_deadlines_work() throws Exception {
    Result result =
        new Terminal(
                scratch,
                "exec",
                "--timeout=1s",
                "-c",
                started() + "while True: pass",
                "-c",
                "print('next')")
            .ignoringInterrupts()
            .type(Terminal.CTRL_C, "started", "x")
            .run();

    assertThat(result.terminal()).contains("cell 1 timed out").contains("(live)");
    assertThat(result.stdout()).isEqualTo("next\n");
    assertEnded(result, 1);
  }

  @Test
  void while_no_cell_runs_it_ends_the_program_at_every_moment_and_nothing_is_left()
      throws Exception {
    Counts moments = Counts.of(8, 30, 100);
    for (int moment = 0; moment < moments.now(); moment++) {
      Path directory = Files.createDirectory(scratch.resolve("at" + moment));
      // From before the JVM listens until after the runner has been asked for its first cell.
      Result result =
          new Terminal(directory, "exec", "-c", started() + "import time; time.sleep(60)")
              .type(Terminal.CTRL_C, 10 + 900 * moment / moments.now())
              .type(Terminal.CTRL_C, 30)
              .type(Terminal.CTRL_C, 500)
              .run();

      assertThat(result.gaveUp()).as(result.toString()).isFalse();
      if (result.status() == 1) {
        // The first was in time for the cell, and all was over by the second: a cell that had not
        // begun was withdrawn, and one that had, where the JVM starts so soon, was interrupted.
        assertThat(result.terminal())
            .containsPattern("cell 1 (cancelled: execute cell 1 was withdrawn|interrupted; )");
        if (result.terminal().contains("withdrawn")) {
          assertThat(directory.resolve("started")).doesNotExist();
        }
      } else {
        assertThat(result.status()).as(result.toString()).isIn(130, -2);
      }
      assertThat(result.left()).as(result.toString()).isEmpty();
    }
  }

  @Test
  void during_the_end_it_changes_at_most_the_status() throws Exception {
    Counts moments = Counts.of(4, 10, 30);
    for (int moment = 0; moment < moments.now(); moment++) {
      Path directory = Files.createDirectory(scratch.resolve("at" + moment));
      Result result =
          new Terminal(directory, "exec", "-c", "print('last')")
              .type(Terminal.CTRL_C, "stdout", "last\n", 100 * moment / moments.now())
              .run();

      assertThat(result.gaveUp()).as(result.toString()).isFalse();
      // 0 where it comes too late, -2 where the JVM no longer listens.
      assertThat(result.status()).as(result.toString()).isIn(0, 1, 130, -2);
      assertThat(result.secondsToTheEnd()).as(result.toString()).isLessThan(END_SECONDS);
      assertThat(result.stdout()).isEqualTo("last\n");
      assertThat(result.left()).as(result.toString()).isEmpty();
    }
  }

  private static void assertEnded(Result result, int status) {
    assertThat(result.gaveUp()).as(result.toString()).isFalse();
    assertThat(result.status()).as(result.toString()).isEqualTo(status);
    assertThat(result.left()).as(result.toString()).isEmpty();
  }

  /** Code that tells that the cell runs. */
  static String started() {
    // Not left to the finalizer: an interrupt that is raised there is lost.
    return "with open('started', 'w') as mark: mark.write('x')\n";
  }
}
