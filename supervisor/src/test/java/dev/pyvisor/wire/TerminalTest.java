package dev.pyvisor.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalTest {
  private static final String LIVE = "{\"preserved\":true,\"source\":\"live\"}";

  @Test
  void a_deadline_that_the_code_heeded_is_one_short_line() {
    assertThat(cause("{\"kind\":\"deadline\",\"limitMs\":200,\"signals\":1,\"killed\":false}"))
        .isEqualTo(new Cause("deadline", "timed out after 0.2 s"));
    assertThat(cause("{\"kind\":\"deadline\",\"limitMs\":300000}").text())
        .isEqualTo("timed out after 300 s");
  }

  @Test
  void a_kill_says_what_came_before_it_and_what_the_kernel_was_at() {
    assertThat(
            cause(
                    "{\"kind\":\"deadline\",\"limitMs\":200,\"signals\":3,\"killed\":true,"
                        + "\"verdict\":\"running: in native code\"}")
                .text())
        .isEqualTo(
            "timed out after 0.2 s; it did not answer 3 interrupts and was killed;"
                + " running: in native code");
    assertThat(
            cause(
                    "{\"kind\":\"interrupt\",\"signals\":1,\"killed\":true,\"detail\":\"the cell"
                        + " did not answer an interrupt and was killed\"}")
                .text())
        .isEqualTo("interrupted; the cell did not answer an interrupt and was killed");
    assertThat(cause("{\"kind\":\"exit\",\"code\":3,\"detail\":\"by itself\"}").text())
        .isEqualTo("the kernel ended with exit status 3: by itself");
    assertThat(cause("{\"kind\":\"deadline\",\"limitMs\":5,\"killed\":true}").text())
        .isEqualTo("timed out after 0.005 s; it was killed");
  }

  @Test
  void a_limit_that_ended_a_cell_is_told_with_its_number() {
    assertThat(cause("{\"kind\":\"cpu_limit\",\"limitMs\":1500,\"signals\":1,\"killed\":false}"))
        .isEqualTo(new Cause("cpu_limit", "used up its 1.5 s of processor time"));
    assertThat(cause("{\"kind\":\"cpu_limit\",\"limitMs\":5,\"killed\":true}").text())
        .isEqualTo("used up its 0.005 s of processor time; it was killed");
    assertThat(cause("{\"kind\":\"out_of_memory\",\"detail\":\"memory ran out\"}"))
        .isEqualTo(new Cause("out_of_memory", "memory ran out"));
    assertThat(cause("{\"kind\":\"workspace_limit\"}").text()).isEqualTo("workspace_limit");
  }

  @Test
  void a_state_report_says_why_and_what_does_not_go_back() {
    Terminal terminal =
        terminal(
            "timed_out",
            "{\"preserved\":false,\"source\":\"snapshot\",\"restored\":[\"a\"],\"lost\":[\"f\"],"
                + "\"reason\":\"2 foreign threads\",\"notRolledBack\":[\"1 host tool call\"]}",
            "{\"kind\":\"deadline\",\"limitMs\":1}");
    StateReport state = terminal.state();
    assertThat(terminal.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
    assertThat(state.source()).isEqualTo(StateSource.SNAPSHOT);
    assertThat(state.reason()).contains("2 foreign threads");
    assertThat(state.notRolledBack()).isEqualTo(List.of("1 host tool call"));
    assertThat(state.text())
        .isEqualTo(
            "the session goes on with snapshot state, restored: a, lost: f; 2 foreign threads;"
                + " not undone: 1 host tool call");
    assertThat(terminal("completed", LIVE, "null").state()).isEqualTo(StateReport.live());
    assertThat(StateReport.live().text()).isEqualTo("the session's state is preserved (live)");
  }

  private static Cause cause(String cause) {
    return terminal("timed_out", LIVE, cause).cause().orElseThrow();
  }

  private static Terminal terminal(String outcome, String state, String cause) {
    return Terminal.parse(
        Json.MAPPER.readTree(
            "{\"outcome\":\""
                + outcome
                + "\",\"cause\":"
                + cause
                + ",\"generation\":1,\"state\":"
                + state
                + ",\"totals\":{\"stdout\":{\"bytes\":0,\"crc32\":0},\"stderr\":{\"bytes\":0,"
                + "\"crc32\":0},\"toolCalls\":0}}"));
  }
}
