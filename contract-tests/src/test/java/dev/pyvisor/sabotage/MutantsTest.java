package dev.pyvisor.sabotage;

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
  private static final Duration LIMIT = Duration.ofSeconds(4);

  @TestFactory
  @Rule("B2")
  Stream<DynamicTest> the_suite_fails_exactly_the_tests_that_are_there_for_the_fault_of() {
    Counts counts = Counts.of(1, 5, 20);
    return Mutants.all().stream()
        .flatMap(
            mutant ->
                Stream.iterate(1, round -> round <= counts.now(), round -> round + 1)
                    .map(
                        round ->
                            DynamicTest.dynamicTest(
                                mutant.name() + ", round " + round, () -> isCaught(mutant))));
  }

  private static ContractRun run(Mutants.Mutant mutant) {
    return ContractRun.of(Rows.of(new Broken(mutant.name()), Pythons.STANDARD));
  }

  /**
   * What hung that was not meant to, and does not with the limit that the suite has elsewhere: the
   * short one is there so that those that are meant to hang cost little.
   */
  private static Set<String> slowOnly(Mutants.Mutant mutant, Matrix matrix) {
    List<Result> hung =
        matrix.failures().stream()
            .filter(result -> !mutant.fails().contains(result.name()))
            .filter(result -> result.detail().contains("hung for " + LIMIT.toSeconds() + " s"))
            .toList();
    if (hung.isEmpty()) {
      return Set.of();
    }
    Set<String> slow = names(hung);
    Set<String> contracts =
        hung.stream().map(Result::contract).collect(Collectors.toCollection(TreeSet::new));
    slow.removeAll(names(run(mutant).only(contracts).run().failures()));
    return slow;
  }

  private static Set<String> names(List<Result> results) {
    return results.stream().map(Result::name).collect(Collectors.toCollection(TreeSet::new));
  }

  private static void isCaught(Mutants.Mutant mutant) {
    long begun = System.nanoTime();
    Set<String> contracts = new TreeSet<>(ALWAYS);
    contracts.addAll(mutant.also());
    Matrix matrix = run(mutant).only(contracts).limit(LIMIT).run();
    assertThat(matrix.results()).as("tests of %s", contracts).hasSizeGreaterThan(10);
    Set<String> slow = slowOnly(mutant, matrix);
    assertThat(matrix.results())
        .filteredOn(result -> result.contract().equals("ThePath"))
        .allMatch(result -> result.detail().isEmpty() || slow.contains(result.name()));
    Set<String> failed = names(matrix.failures());
    failed.removeAll(slow);
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
