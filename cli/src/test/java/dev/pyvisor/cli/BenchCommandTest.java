package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code pyvisor bench}: a few of its rows, measured twice; what they tell is nobody's here. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class BenchCommandTest {
  @Test
  void rows_of_ours_stand_beside_a_raw_echo_with_their_ratio_to_it() throws Exception {
    Result result = Command.run("bench", "--idle", "--rounds", "2", "--rows", "echo,cell,tool");
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("2 rounds in each phase")
        .containsPattern("raw pipe echo, 64 bytes +2 .* 1\\.00  x echo")
        .containsPattern("pyvisor: empty cell +2 .*[0-9]  x echo")
        .containsPattern("pyvisor: tool call, seen from Python +2 .*[0-9]  x echo");
  }

  @Test
  void a_row_that_there_is_not_is_refused_with_those_that_there_are() {
    Result result = Command.refused("bench", "--rows", "cell,speed");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err()).contains("no row 'speed'; rows: echo, ").contains("ipykernel-cell");
  }
}
