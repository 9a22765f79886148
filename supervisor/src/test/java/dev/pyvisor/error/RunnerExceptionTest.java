package dev.pyvisor.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** The tree of errors. */
class RunnerExceptionTest {
  private static final ExitReport REPORT =
      new ExitReport("it ended", OptionalInt.of(139), "  trace\n");

  @Test
  void each_leaf_keeps_what_it_is_when_another_call_sees_it() {
    List<RunnerException> leaves =
        List.of(
            new RunnerGone("r", Delivery.UNKNOWN, REPORT),
            new TransportLost("r", Delivery.UNKNOWN, "silence"),
            new CallFailed(
                "r", ErrorCode.TOOL_FAILED, -32010, Delivery.ANSWERED, "no", "Traceback", "{}"),
            new CallTimedOut("r", Delivery.UNKNOWN, "late"),
            new CallCancelled("r", Delivery.UNKNOWN, "gave up"),
            new ProtocolViolated("r", Delivery.UNKNOWN, "FRM-2", "FRM-2: garbage"));
    for (RunnerException leaf : leaves) {
      RunnerException other = leaf.as(Delivery.NEVER_SENT);
      assertThat(other).hasSameClassAs(leaf).hasMessage(leaf.getMessage());
      assertThat(other.delivery()).isEqualTo(Delivery.NEVER_SENT);
      assertThat(other.code()).isEqualTo(leaf.code());
      assertThat(other.runnerId()).isEqualTo("r");
    }
    assertThat(((CallFailed) leaves.get(2).as(Delivery.UNKNOWN)).traceback()).contains("Traceback");
  }

  @Test
  void a_failed_launch_was_never_sent_whoever_sees_it() {
    LaunchFailed failed = new LaunchFailed("r", ErrorCode.EXECUTION_FAILED, "no", REPORT);
    assertThat(failed.as(Delivery.UNKNOWN).delivery()).isEqualTo(Delivery.NEVER_SENT);
    assertThat(failed.report()).contains(REPORT);
  }

  @Test
  void an_exit_report_says_in_one_line_what_happened() {
    assertThat(REPORT.text()).isEqualTo("it ended, signal 11; it said: trace");
    assertThat(REPORT.signal()).hasValue(11);
    assertThat(new ExitReport("it ended", OptionalInt.of(3), "").text())
        .isEqualTo("it ended, exit status 3");
    assertThat(new ExitReport("the client was closed", OptionalInt.empty(), "").text())
        .isEqualTo("the client was closed");
  }
}
