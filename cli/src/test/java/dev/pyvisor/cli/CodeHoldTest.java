package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class CodeHoldTest {
  @Test
  void what_holds_to_each_limit_is_named_and_where_nothing_does_so_is_the_fix() {
    Optional<String> group = Optional.of("control group, version 2, below /g");
    Optional<String> none = Optional.empty();

    assertThat(CodeHold.lines(group, group, "root"))
        .contains("memory-limit      control group, version 2, below /g")
        .contains("process-limit     control group, version 2, below /g");
    assertThat(CodeHold.lines(none, none, "root"))
        .anyMatch(line -> line.startsWith("memory-limit") && line.contains("RLIMIT_AS"))
        .anyMatch(line -> line.startsWith("process-limit     refused: "));
    assertThat(CodeHold.lines(none, none, "agent"))
        .anyMatch(line -> line.startsWith("process-limit") && line.contains("RLIMIT_NPROC"));
  }

  @Test
  void the_doctor_says_it_of_this_machine() throws Exception {
    String out = Command.run("doctor").out();
    assertThat(out).contains("limits of the code");
    assertThat(CodeHold.ofThisMachine())
        .isNotEmpty()
        .allSatisfy(line -> assertThat(out).contains(line));
  }
}
