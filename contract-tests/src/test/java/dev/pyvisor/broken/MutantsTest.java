package dev.pyvisor.broken;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.Pythons;
import dev.pyvisor.contract.backend.Rows;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.Result;
import dev.pyvisor.contract.run.ContractRun;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The suite is run against backends that are broken on purpose: of each it fails exactly the tests
 * that are there for its fault, every time. A cell that prints works beside every fault: where the
 * design cannot tell a broken backend by that, it must tell it by something else.
 */
class MutantsTest {
  /** What is run of the suite against each, beside the contracts that a mutant names. */
  private static final Set<String> ALWAYS = Set.of("ThePath", "Transports");

  /** What hangs has so long; several times what a test takes on a busy machine. */
  private static final Duration LIMIT = Duration.ofSeconds(5);

  private static final String WHOLE = "Transports.frames_of_every_size_arrive_whole";
  private static final String IN_ORDER = "Transports.every_frame_arrives_once_and_in_its_order";
  private static final String BURST =
      "Transports.frames_that_came_together_are_delivered_before_anything_is_sent";
  private static final String DUPLEX =
      "Transports.a_runner_that_reads_only_when_it_has_written_all_is_read";
  private static final String STDERR =
      "Transports.standard_error_that_is_full_of_noise_holds_up_nothing";
  private static final String ALL_TOLD =
      "Transports.all_that_a_runner_wrote_is_told_before_its_end";
  private static final String ONE_END = "Transports.the_end_is_told_once_and_nothing_follows_it";
  private static final String KILL = "Transports.a_kill_waits_for_no_write_that_nobody_reads";
  private static final String CLOSE = "Transports.closing_is_bounded_whatever_the_runner_does";
  private static final String GOOD_END =
      "Transports.what_was_sent_before_closing_is_written_and_the_runner_ends_by_itself";

  /**
   * One broken backend.
   *
   * @param also contracts that are there for its fault, beside those that are always run
   * @param fails the tests that must fail, and no others
   */
  private record Mutant(String name, Set<String> also, Set<String> fails) {}

  private static Mutant mutant(String name, String... fails) {
    return new Mutant(name, Set.of(), Set.of(fails));
  }

  private static List<Mutant> all() {
    return List.of(
        mutant("hand-made"),
        mutant("drops-a-frame", IN_ORDER, ALL_TOLD),
        mutant("reorders", IN_ORDER, ALL_TOLD),
        mutant("splits", WHOLE, DUPLEX),
        mutant("loses-the-last-byte", WHOLE),
        new Mutant(
            "answers-late",
            Set.of("KernelDeaths"),
            Set.of("KernelDeaths.a_kernels_death_is_known_by_its_exit_status_at_once")),
        new Mutant(
            "answers-twice",
            Set.of("Peers.Idle"),
            Set.of(
                "Peers.Idle.an_unknown_id_is_dropped_and_counted",
                "Peers.Idle.of_what_a_good_runner_says_nothing_is_dropped")),
        mutant("closes-twice", ONE_END),
        mutant("closes-never", ONE_END, ALL_TOLD, KILL, CLOSE, STDERR, GOOD_END),
        mutant("exit-before-output", ALL_TOLD, ONE_END),
        new Mutant(
            "blocks-its-reader",
            Set.of("ConcurrentTools"),
            Set.of(
                BURST,
                "ConcurrentTools.two_slow_tools_overlap",
                "ConcurrentTools.calls_from_asyncio_answered_in_reverse_order_reach_their_callers",
                "ConcurrentTools.calls_from_threads_answered_in_reverse_order_reach_their_callers")),
        mutant("writes-inline-from-its-reader", DUPLEX),
        mutant("polls-but-reads-ahead", IN_ORDER, BURST, ALL_TOLD),
        mutant("never-drains-stderr", STDERR),
        mutant("writes-before-it-reads", DUPLEX, KILL, CLOSE));
  }

  @TestFactory
  @Rule("B2")
  Stream<DynamicTest> the_suite_fails_exactly_the_tests_that_are_there_for_the_fault_of() {
    Counts counts = Counts.of(1, 5, 20);
    return all().stream()
        .flatMap(
            mutant ->
                Stream.iterate(1, round -> round <= counts.now(), round -> round + 1)
                    .map(
                        round ->
                            DynamicTest.dynamicTest(
                                mutant.name() + ", round " + round, () -> isCaught(mutant))));
  }

  private static void isCaught(Mutant mutant) {
    long begun = System.nanoTime();
    Set<String> contracts = new TreeSet<>(ALWAYS);
    contracts.addAll(mutant.also());
    Matrix matrix =
        ContractRun.of(Rows.of(new Broken(mutant.name()), Pythons.STANDARD))
            .only(contracts)
            .limit(LIMIT)
            .run();
    assertThat(matrix.results()).as("tests of %s", contracts).hasSizeGreaterThan(10);
    assertThat(matrix.results())
        .filteredOn(result -> result.contract().equals("ThePath"))
        .allMatch(result -> result.detail().isEmpty());
    Set<String> failed =
        matrix.failures().stream().map(Result::name).collect(Collectors.toCollection(TreeSet::new));
    assertThat(failed)
        .as(() -> matrix.failures().stream().map(Result::detail).toList().toString())
        .containsExactlyInAnyOrderElementsOf(mutant.fails());
    Evidence.record(
        "the suite against a backend that " + mutant.name(),
        List.of("B2"),
        "%d of %d tests fail, the intended ones, after %d ms"
            .formatted(
                failed.size(),
                matrix.results().size(),
                Duration.ofNanos(System.nanoTime() - begun).toMillis()),
        Counts.always(1));
  }
}
