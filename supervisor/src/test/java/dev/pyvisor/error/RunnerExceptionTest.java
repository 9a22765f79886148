package dev.pyvisor.error;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
  void of_long_last_words_the_message_quotes_the_end() {
    String words = "x".repeat(Defaults.STDERR_KEPT - 4) + " end";
    ExitReport report = new ExitReport("it ended", OptionalInt.of(1), words);
    assertThat(report.stderrTail()).isEqualTo(words);
    assertThat(report.text())
        .endsWith("; it said: " + "x".repeat(Defaults.STDERR_QUOTED - 4) + " end");
  }

  @Test
  void a_failed_launch_was_never_sent_whoever_sees_it() {
    LaunchFailed failed = new LaunchFailed("r", ErrorCode.EXECUTION_FAILED, "no", REPORT);
    assertThat(failed.as(Delivery.UNKNOWN).delivery()).isEqualTo(Delivery.NEVER_SENT);
    assertThat(failed.report()).contains(REPORT);
  }

  @Test
  @Rule("ERR-2")
  void of_a_code_that_is_not_known_the_status_decides_whether_to_try_again() {
    for (int status : new int[] {400, 409, 429, 503}) {
      CallFailed strange =
          new CallFailed(
              "r", ErrorCode.INTERNAL, -32999, status, Delivery.ANSWERED, "no", null, null);
      boolean later = status == 429 || status == 503;
      assertThat(strange.status()).isEqualTo(status);
      assertThat(strange.retry()).isEqualTo(later ? Retry.BACKOFF : Retry.NEVER);
      assertThat(strange.as(Delivery.UNKNOWN).status()).isEqualTo(status);
    }
    CallFailed full = new CallFailed("r", ErrorCode.RESOURCE_EXHAUSTED, "full");
    assertThat(full.status()).isEqualTo(429);
    assertThat(full.retry()).isEqualTo(Retry.BACKOFF);
  }

  @Test
  void a_runner_that_refused_its_host_is_gone_with_that_code() {
    Tombstone tombstone = new Tombstone(0, "nobody came", Map.of("cells", 2L));
    ExitReport report =
        new ExitReport(
            "too late",
            OptionalInt.empty(),
            "",
            Optional.of(ErrorCode.SESSION_EXPIRED),
            Optional.of(tombstone));
    RunnerGone gone = new RunnerGone("r", Delivery.UNKNOWN, report);
    assertThat(gone.code()).isEqualTo(ErrorCode.SESSION_EXPIRED);
    assertThat(gone.status()).isEqualTo(410);
    assertThat(gone.retry()).isEqualTo(Retry.NEVER);
    assertThat(tombstone.text()).isEqualTo("nobody came, exit status 0, {cells=2}");
    assertThat(new RunnerGone("r", Delivery.UNKNOWN, REPORT).code())
        .isEqualTo(ErrorCode.KERNEL_DIED);
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
