package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.FarSide;
import dev.pyvisor.contract.backend.Pythons;
import dev.pyvisor.contract.backend.Rows;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.Result;
import dev.pyvisor.contract.run.ContractRun;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The deprecated backend drives a supervisor that shares no line with ours. A healthy one passes
 * the suite; of one that loses the last byte of each cell's output exactly the tests fail that
 * compare output.
 */
class StdioStrangerTest {
  /**
   * What a cell and its tools are about; the machinery behind a supervisor is not the dialect's.
   */
  private static final Set<String> CONTRACTS =
      Set.of("ThePath", "Execution", "Output", "Errors", "Tools", "ToolFailures", "Draining");

  /** What hangs has so long; several times what a test takes on a busy machine. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** Those that compare what was printed, and so see its last byte. */
  private static final Set<String> COMPARING =
      Set.of(
          "Errors.a_failing_subprocess_is_an_error_of_the_cell",
          "Errors.an_exception_that_holds_what_cannot_be_pickled_is_told_like_any_other",
          "Errors.an_unknown_method_is_refused_by_name_and_the_connection_stays",
          "Errors.exceptions_made_to_break_a_report_are_reported",
          "Errors.globals_from_before_an_error_are_intact",
          "Errors.leaving_by_sys_exit_is_an_error_of_the_cell_and_the_kernel_lives",
          "Execution.a_cell_sees_what_earlier_cells_defined",
          "Execution.a_cell_without_await_may_run_a_loop_of_its_own",
          "Execution.a_subprocess_cannot_read_the_protocol_from_its_standard_input",
          "Execution.await_is_allowed_at_the_top_level",
          "Execution.cells_started_at_once_run_one_after_another",
          "Execution.cells_that_wait_run_in_the_order_in_which_they_were_started",
          "Execution.code_fences_around_a_cell_are_taken_off",
          "Execution.everything_that_opens_files_sees_the_same_ones",
          "Execution.functions_classes_imports_and_instances_persist",
          "Execution.reset_clears_globals_and_keeps_the_runner_and_its_tools",
          "Execution.several_fenced_blocks_become_one_cell_and_other_tags_stay",
          "Execution.tasks_that_a_cell_leaves_pending_are_cancelled_and_awaited",
          "Execution.the_path_class_stays_a_class",
          "Execution.threads_that_execute_at_once_all_succeed_and_none_overlaps",
          "Execution.what_a_cell_prints_comes_back_exactly",
          "Output.a_long_text_that_an_outcome_keeps_whole_is_unchanged",
          "Tools.a_tool_may_answer_later",
          "Tools.a_tool_that_calls_its_own_session_from_another_thread_is_told_so_at_once",
          "Tools.a_tool_that_calls_its_own_session_is_told_so_at_once",
          "Tools.positional_and_named_arguments_arrive_as_they_were_given",
          "Tools.registering_tools_keeps_the_state_and_replaces_by_name",
          "Tools.results_keep_their_shape");

  private static final String LAST_BYTE = "os.pread(fd, os.fstat(fd).st_size, 0)";

  @TempDir Path folder;

  /**
   * The dialect at its plainest.
   *
   * @param script the supervisor
   */
  private record Stranger(Path script) implements BackendUnderTest {
    @Override
    public String name() {
      return "stdio";
    }

    @Override
    public Set<Capability> capabilities() {
      return EnumSet.of(Capability.PROMPT_END);
    }

    @Override
    public Map<String, String> options(Path python) {
      return Map.of("command", python + " " + script);
    }

    @Override
    public void verifyPath(FarSide runner) {
      assertThat(runner.isChildOfHost()).as("%s is a child of this process", runner).isTrue();
      assertThat(runner.command()).last().isEqualTo(script.toString());
    }
  }

  @Test
  @Rule({"B1", "B2"})
  void a_healthy_stranger_passes() throws IOException {
    assertThat(failures(supervisor())).isEmpty();
  }

  @Test
  @Rule("B2")
  void of_one_that_loses_the_last_byte_of_output_exactly_the_tests_fail_that_compare_it()
      throws IOException {
    String healthy = supervisor();
    assertThat(healthy).containsOnlyOnce(LAST_BYTE);
    Set<String> failed = failures(healthy.replace(LAST_BYTE, LAST_BYTE + "[:-1]"));
    assertThat(failed).isEqualTo(COMPARING);
  }

  private Set<String> failures(String supervisor) throws IOException {
    Path script = Files.writeString(folder.resolve("supervisor.py"), supervisor);
    Matrix matrix =
        ContractRun.of(Rows.of(new Stranger(script), Pythons.STANDARD))
            .only(CONTRACTS)
            .limit(LIMIT)
            .run();
    assertThat(matrix.results()).hasSizeGreaterThan(30);
    return matrix.failures().stream()
        .map(Result::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String supervisor() throws IOException {
    try (InputStream stub =
        StdioStrangerTest.class.getResourceAsStream("/stubs/legacy_supervisor.py")) {
      return new String(stub.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
