package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.Result;
import dev.pyvisor.contract.matrix.Verdict;
import dev.pyvisor.contract.run.ContractRun;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a row does not run is in the matrix, with the reason. */
class ApplicabilityTest {

  /** The pipe backend, as if it kept no copies and had one session. */
  private static final class Bare implements BackendUnderTest {
    @Override
    public String name() {
      return "pipe";
    }

    @Override
    public Set<Capability> capabilities() {
      return EnumSet.complementOf(EnumSet.of(Capability.CHECKPOINTS, Capability.SESSIONS));
    }

    @Override
    public void verifyPath(FarSide runner) {}
  }

  private static Matrix run(BackendUnderTest backend, Row.Place place, String... contracts) {
    String version = Interpreters.name(Interpreters.standardVersion());
    Row row = new Row(backend, version, Interpreters.standard(), place);
    return ContractRun.of(List.of(row)).only(Set.of(contracts)).run();
  }

  @Test
  void a_contract_that_needs_more_than_the_backend_has_is_skipped_by_name() {
    Matrix matrix = run(new Bare(), Row.Place.STANDARD, "Checkpoints");
    assertThat(matrix.results()).hasSizeGreaterThan(8);
    assertThat(matrix.results())
        .allMatch(result -> result.verdict() == Verdict.SKIPPED)
        .allMatch(result -> result.detail().startsWith("pipe has no CHECKPOINTS (copies of"));
    assertThat(matrix.rules()).contains("H42", "LIF-18");
  }

  @Test
  void of_a_contract_that_applies_only_the_tests_that_need_more_are_skipped() {
    String needsMore = "Tools.a_tool_may_call_another_session";
    String needsNothing = "Tools.results_keep_their_shape";
    Matrix matrix = run(new Bare(), Row.Place.STANDARD, needsMore, needsNothing);
    assertThat(matrix.results()).extracting(Result::name).contains(needsMore, needsNothing);
    for (Result result : matrix.results()) {
      boolean skipped = result.name().equals(needsMore);
      assertThat(result.verdict()).isEqualTo(skipped ? Verdict.SKIPPED : Verdict.PASSED);
    }
  }

  @Test
  void what_is_heavy_is_shown_as_not_in_this_tier_for_other_pythons() {
    assumeFalse(Tier.current().isThorough(), "larger tiers leave nothing out");
    Matrix matrix = run(new PipeBackend(), Row.Place.OTHER, "Kills", "SuddenDeaths");
    assertThat(matrix.results())
        .hasSize(2)
        .allMatch(result -> result.verdict() == Verdict.NOT_IN_TIER)
        .allMatch(result -> result.detail().contains("mvn -Pproof verify runs it"));
  }

  @Test
  void pythons_between_the_oldest_and_the_newest_are_held_to_the_core() {
    assumeFalse(Tier.current().isThorough(), "larger tiers leave nothing out");
    onlyTheCoreIn(Row.Place.BETWEEN, "mvn -Pproof verify runs it");
  }

  @Test
  void in_the_smallest_tier_all_rows_but_the_standard_one_are_held_to_the_core() {
    assumeTrue(Tier.current() == Tier.VERIFY, "larger tiers hold them to more");
    onlyTheCoreIn(Row.Place.OTHER, "mvn -Pwide verify runs it");
    onlyTheCoreIn(Row.Place.LIGHT, "mvn -Pwide verify runs it");
  }

  @Test
  void a_contract_of_the_core_from_a_tier_on_is_left_out_below_it() {
    assumeFalse(Tier.current().isThorough(), "larger tiers leave nothing out");
    boolean held = Tier.current() == Tier.WIDE;
    Matrix matrix = run(new PipeBackend(), Row.Place.BETWEEN, "Displays");
    assertThat(matrix.results())
        .isNotEmpty()
        .allMatch(result -> result.verdict() == (held ? Verdict.PASSED : Verdict.NOT_IN_TIER))
        .allMatch(result -> held || result.detail().endsWith("mvn -Pwide verify runs it"));
  }

  @Test
  void of_a_contract_of_the_core_a_test_may_belong_to_it_from_a_later_tier_on() {
    assumeFalse(Tier.current().isThorough(), "larger tiers leave nothing out");
    String always = "Execution.await_is_allowed_at_the_top_level";
    String later = "Execution.what_a_cell_prints_comes_back_exactly";
    boolean held = Tier.current() == Tier.WIDE;
    Matrix matrix = run(new PipeBackend(), Row.Place.BETWEEN, always, later);
    assertThat(matrix.results()).extracting(Result::name).containsExactlyInAnyOrder(always, later);
    for (Result result : matrix.results()) {
      boolean runs = held || result.name().equals(always);
      assertThat(result.verdict()).isEqualTo(runs ? Verdict.PASSED : Verdict.NOT_IN_TIER);
      assertThat(result.detail()).endsWith(runs ? "" : "mvn -Pwide verify runs it");
    }
    assertThat(run(new PipeBackend(), Row.Place.STANDARD, later).results())
        .allMatch(result -> result.verdict() == Verdict.PASSED);
  }

  @Test
  void in_the_smallest_tier_rows_between_leave_a_part_of_the_core_to_those_at_an_end() {
    assumeTrue(Tier.current() == Tier.VERIFY, "larger tiers hold them to all of it");
    String test = "Output.both_streams_come_back_apart";
    assertThat(run(new PipeBackend(), Row.Place.OTHER, test).results())
        .singleElement()
        .matches(result -> result.verdict() == Verdict.PASSED);
    assertThat(run(new PipeBackend(), Row.Place.BETWEEN, test).results())
        .singleElement()
        .matches(result -> result.verdict() == Verdict.NOT_IN_TIER)
        .matches(result -> result.detail().endsWith("mvn -Pwide verify runs it"));
  }

  @Test
  void what_runs_from_a_tier_on_is_left_out_of_every_row_below_it() {
    assumeTrue(Tier.current() == Tier.VERIFY, "larger tiers run it");
    Matrix matrix = run(new PipeBackend(), Row.Place.STANDARD, "LargeMessages.IdleWithTinyPipes");
    assertThat(matrix.results())
        .isNotEmpty()
        .allMatch(result -> result.verdict() == Verdict.NOT_IN_TIER)
        .allMatch(result -> result.detail().contains("are harder on it"))
        .allMatch(result -> result.detail().endsWith("mvn -Pwide verify runs it"));
  }

  @Test
  void a_row_beside_another_leaves_to_it_what_one_backend_is_enough_for() {
    assumeFalse(Tier.current().isThorough(), "larger tiers leave nothing out");
    boolean held = Tier.current() == Tier.WIDE;
    String always = "Interrupts.an_idle_session_has_nothing_to_interrupt";
    Matrix matrix = run(new WebsocketBackend(), Row.Place.BESIDE, "Displays", always);
    assertThat(matrix.results()).hasSizeGreaterThan(3);
    for (Result result : matrix.results()) {
      boolean runs = held || result.name().equals(always);
      assertThat(result.verdict()).isEqualTo(runs ? Verdict.PASSED : Verdict.NOT_IN_TIER);
      assertThat(result.detail()).endsWith(runs ? "" : "mvn -Pwide verify runs it");
    }
  }

  private static void onlyTheCoreIn(Row.Place place, String runs) {
    Matrix matrix = run(new PipeBackend(), place, "ThePath", "Grandchildren");
    for (Result result : matrix.results()) {
      boolean core = result.contract().equals("ThePath");
      assertThat(result.verdict()).isEqualTo(core ? Verdict.PASSED : Verdict.NOT_IN_TIER);
      assertThat(result.detail()).endsWith(core ? "" : runs);
    }
    assertThat(matrix.results()).hasSize(3);
  }

  @Test
  void a_contract_runs_once_in_each_row() {
    BackendUnderTest pipe = new PipeBackend();
    Matrix matrix = ContractRun.of(Rows.of(pipe, Pythons.ALL)).only(Set.of("ThePath")).run();
    assertThat(matrix.rows()).hasSameSizeAs(Interpreters.supported().keySet());
    assertThat(matrix.failures()).isEmpty();
    assertThat(matrix.rows()).allMatch(row -> matrix.of(row).size() == 1);
  }
}
