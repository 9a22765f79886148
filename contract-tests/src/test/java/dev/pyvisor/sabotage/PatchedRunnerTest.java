package dev.pyvisor.sabotage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.DeadlineContract;
import dev.pyvisor.contract.ErrorContract;
import dev.pyvisor.contract.ExecutionContract;
import dev.pyvisor.contract.GlobalsContract;
import dev.pyvisor.contract.InterruptContract;
import dev.pyvisor.contract.PaceContract;
import dev.pyvisor.contract.PrivacyContract;
import dev.pyvisor.contract.ServiceContract;
import dev.pyvisor.contract.StateContract;
import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.ToolContextContract;
import dev.pyvisor.contract.ToolContract;
import dev.pyvisor.contract.ValueContract;
import dev.pyvisor.contract.backend.RunsFrom;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Interpreters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The test of a trap fails where a runner falls into it: shown by copies of ours, each with a few
 * lines at the end of one file that take the mechanism away.
 */
@ExtendWith({Census.class, HangReport.class})
@RunsFrom(
    tier = Tier.WIDE,
    why = "it shows what the tests are worth, which is harder to break than the runner")
class PatchedRunnerTest {
  /** Puts lines before every cell, where {@code values} is what the session holds. */
  private static String beforeEachCell(String lines) {
    return """
        _run = run
        def run(codes, namespace, watch):
            import pickle
            values = [value for name, value in namespace.items() if name[0] != '_']
            %s
            return _run(codes, namespace, watch)
        """
        .formatted(lines);
  }

  /** A trap, the lines that lead into it, and the test that must see it. */
  private record Patch(String trap, String file, String lines, Check check) {}

  /** A contract's test; it takes what makes a client. */
  @FunctionalInterface
  private interface Check {
    void run(Backend patched) throws Throwable;
  }

  /** Everything that the checks below need of one backend. */
  private interface Backend
      extends DeadlineContract,
          ErrorContract,
          ExecutionContract,
          GlobalsContract,
          InterruptContract,
          PaceContract,
          PrivacyContract,
          ServiceContract,
          StateContract,
          ToolContextContract,
          ToolContract,
          ValueContract {}

  @TempDir Path folder;

  @TestFactory
  @Limit(seconds = 60, why = "what a trap costs, again and again, on a busy machine")
  Stream<DynamicTest> the_test_of_a_trap_sees_a_runner_that_falls_into_it() {
    return Stream.of(
            new Patch(
                "W5",
                "kernel.py",
                """
                _register = Kernel._register
                def _forgets(self, *message):
                    for name in self._names.of_user(): self._namespace.pop(name, None)
                    _register(self, *message)
                Kernel._register = _forgets
                """,
                Backend::registering_tools_keeps_the_state_and_replaces_by_name),
            new Patch(
                "W12",
                "sessions.py",
                "_send = Session._send_tools\n"
                    + "Session._send_tools = lambda self, kernel: kernel.generation == 1 and _send(self, kernel)",
                Backend::reset_clears_globals_and_keeps_the_runner_and_its_tools),
            new Patch(
                "W13",
                "sessions.py",
                "_send = Session._send_tools\n"
                    + "Session._send_tools = lambda self, kernel: kernel.generation == 1 and _send(self, kernel)",
                Backend
                    ::tools_are_there_after_a_cell_that_was_cancelled_and_after_one_that_heeded_nothing),
            new Patch(
                "W15",
                "reports.py",
                "import pickle\n_of = of_error\ndef of_error(problem, *more):\n    pickle.dumps(problem)\n    return _of(problem, *more)",
                Backend::an_exception_that_holds_what_cannot_be_pickled_is_told_like_any_other),
            new Patch(
                "W16",
                "cells.py",
                beforeEachCell(
                    "if any(isinstance(value, int) and type(value) not in (int, bool) for value in values): raise pickle.PicklingError"),
                Backend::globals_of_types_derived_from_plain_ones_hold_up_no_cell_and_are_told),
            new Patch(
                "W18",
                "cells.py",
                beforeEachCell(
                    "pickle.loads(pickle.dumps([value for value in values if type(value) in (str, list)]))"),
                Backend::a_cell_costs_no_more_for_what_the_session_holds),
            new Patch(
                "W19",
                "loop.py",
                """
                _turn = Loop.turn
                def _looks_now_and_then(self):
                    time.sleep(0.01)
                    _turn(self)
                Loop.turn = _looks_now_and_then
                """,
                Backend::a_tool_call_waits_for_no_look_of_somebodys),
            new Patch(
                "W20",
                "interrupts.py",
                "Interrupts._on_signal = lambda self, number, frame: self._raise()",
                Backend::an_interrupt_around_the_end_of_a_cell_loses_no_state_and_is_told_truly),
            new Patch(
                "W22",
                "linux.py",
                "started_after = lambda pids, mark, living=None: list(pids)",
                Backend::a_service_of_an_earlier_cell_survives_a_cell_that_is_timed_out),
            new Patch(
                "W23",
                "linux.py",
                """
                _family = family
                def family(*of):
                    import subprocess
                    try:
                        subprocess.run(['ps', '-axo', 'pid'], stdout=subprocess.DEVNULL)
                    except FileNotFoundError:
                        return []
                    return _family(*of)
                """,
                patched ->
                    patched.what_a_cell_started_ends_with_it_where_no_program_lists_processes(
                        Files.createDirectory(folder.resolve("path")))),
            new Patch(
                "W36",
                "workspaces.py",
                "_made = make\ndef make():\n    path = _made()\n    os.chmod(path, 0o755)\n    return path",
                Backend::runners_side_by_side_share_no_directory_and_leave_none),
            new Patch(
                "W37",
                "cells.py",
                """
                import builtins, os
                _open = builtins.open
                def open(file, *more, **options):
                    inside = isinstance(file, str) and file.endswith('made.txt')
                    return _open('/dev/shm/' + file if inside else file, *more, **options)
                builtins.open = open
                """,
                Backend::everything_that_opens_files_sees_the_same_ones),
            new Patch(
                "W41",
                "interrupts.py",
                """
                def _raises_an_exception(self):
                    self._deferred, self.delivered = False, True
                    raise RuntimeError('interrupted')
                Interrupts._raise = _raises_an_exception
                """,
                Backend::catching_every_exception_does_not_swallow_the_deadline))
        .map(patch -> DynamicTest.dynamicTest(patch.trap, () -> isSeen(patch)));
  }

  private void isSeen(Patch patch) throws Throwable {
    Path payload = PatchedRunner.in(folder.resolve(patch.trap), patch.file, patch.lines);
    assertThat(catchThrowable(() -> patch.check.run(on(payload))))
        .isInstanceOfAny(AssertionError.class, ConditionTimeoutException.class);
    on(payload).a_cell_that_prints_nothing_has_empty_output();
  }

  private static Backend on(Path payload) {
    return () ->
        SupervisorClient.builder()
            .backend("pipe")
            .python(Interpreters.standard())
            .payload(payload)
            .trusted();
  }
}
