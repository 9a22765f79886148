package dev.pyvisor.sabotage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.LimitContract;
import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.RunsFrom;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Interpreters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The test of a limit fails where a runner says that it holds to it, and does not. */
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 60,
    why = "a cell that nothing limits uses the seconds of processor time that it means to use")
@RunsFrom(
    tier = Tier.WIDE,
    why = "it shows what the tests are worth, which is harder to break than the runner")
class PatchedLimitsTest {
  private record Patch(String limit, String file, String lines, Check check) {}

  /** A contract's test; it takes what makes a client. */
  @FunctionalInterface
  private interface Check {
    void run(LimitContract patched);
  }

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> the_test_of_a_limit_sees_a_runner_that_does_not_hold_to_it() {
    return Stream.of(
            new Patch(
                "memory",
                "allowance.py",
                "def enter(told):\n    pass",
                LimitContract::a_cell_that_uses_more_memory_than_allowed_costs_nothing_but_itself),
            new Patch(
                "memory-that-is-not-told",
                "oom.py",
                "OomCounter.explains_a_kill = lambda self: None",
                LimitContract::a_cell_that_uses_more_memory_than_allowed_costs_nothing_but_itself),
            new Patch(
                "processor-time",
                "cputime.py",
                "CpuTimer.begin = lambda self, pid: None",
                LimitContract::a_cell_that_uses_up_its_processor_time_ends_as_at_its_deadline),
            new Patch(
                "files",
                "allowance.py",
                "def enter(told):\n    pass",
                LimitContract::files_too_many_and_too_large_are_errors_of_the_cell),
            new Patch(
                "workspace",
                "quota.py",
                "Quota.measure = lambda self, on_measured: on_measured(None)",
                LimitContract::a_workspace_that_takes_more_than_allowed_is_told_until_it_does_not))
        .map(patch -> DynamicTest.dynamicTest(patch.limit, () -> isSeen(patch)));
  }

  private void isSeen(Patch patch) throws IOException {
    Path payload = PatchedRunner.in(folder.resolve(patch.limit), patch.file, patch.lines);
    LimitContract patched =
        () ->
            SupervisorClient.builder()
                .backend("pipe")
                .python(Interpreters.standard())
                .payload(payload)
                .trusted();
    assertThat(catchThrowable(() -> patch.check.run(patched))).isInstanceOf(AssertionError.class);
    patched.what_is_within_its_limits_does_not_notice_them();
  }
}
