package dev.pyvisor.cli;

import dev.pyvisor.bench.BenchOptions;
import dev.pyvisor.bench.BenchOptions.Format;
import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.BenchSuite;
import dev.pyvisor.bench.evidence.EvidencePage;
import dev.pyvisor.bench.wedge.WedgeOptions;
import dev.pyvisor.bench.wedge.WedgeSuite;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pyvisor bench}: figures, side by side. */
@Command(
    name = "bench",
    description = {
      "Measures cells and host tools beside a raw pipe echo, a JSON-lines worker and ipykernel.",
      "Measures checkpoints, takeovers and sessions beside a bare fork of the same heap.",
      "Rows are measured in turn, idle and beside busy loops. Medians and ratios, no judgement."
    },
    mixinStandardHelpOptions = true,
    subcommands = {BenchCommand.Wedge.class, BenchCommand.EvidenceVerb.class})
final class BenchCommand implements Callable<Integer> {
  @Option(
      names = "--rows",
      paramLabel = "ROW",
      split = ",",
      completionCandidates = RowKeys.class,
      description = "Only these, separated by commas: ${COMPLETION-CANDIDATES}.")
  private List<String> rows = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "200",
      description = "How often each row is measured in each phase (default ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(names = "--json", description = "One JSON object instead of the table.")
  private boolean json;

  @Mixin private Conditions conditions;

  @Override
  public Integer call() throws Exception {
    Format format = json ? Format.JSON : Format.TEXT;
    BenchSuite.run(
        new BenchOptions(rows, rounds, conditions.python(), conditions.phases(), format),
        System.out);
    return Failures.OK;
  }

  /** What every measurement is told. */
  static final class Conditions {
    @Option(names = "--python", paramLabel = "PATH", description = "Default: python3 of the PATH.")
    private @Nullable Path python;

    @Option(names = "--idle", description = "Leave out the phase with the busy loops.")
    private boolean idle;

    Optional<Path> python() {
      return Optional.ofNullable(python);
    }

    Set<Phase> phases() {
      return idle ? EnumSet.of(Phase.IDLE) : EnumSet.allOf(Phase.class);
    }
  }

  private static final class RowKeys implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return BenchSuite.rowKeys().iterator();
    }
  }

  /** {@code pyvisor bench wedge}. */
  @Command(
      name = "wedge",
      description = {
        "Is the large-message wedge real? Lets each broken way to talk to a child process wedge,",
        "ends it by force, and runs Pyvisor beside it on the same load."
      },
      mixinStandardHelpOptions = true)
  static final class Wedge implements Callable<Integer> {
    @Option(
        names = "--runs",
        paramLabel = "N",
        defaultValue = "5",
        description = "Of each form at each size of pipes (default ${DEFAULT-VALUE}).")
    private int runs;

    @Option(
        names = "--rounds",
        paramLabel = "N",
        defaultValue = "10",
        description = "Of twelve calls, for Pyvisor (default ${DEFAULT-VALUE}).")
    private int rounds;

    @Mixin private Conditions conditions;

    @Override
    public Integer call() throws Exception {
      WedgeOptions usual = WedgeOptions.DEFAULT;
      WedgeSuite.run(
          new WedgeOptions(
              conditions.python(),
              runs,
              rounds,
              usual.pairs(),
              usual.silence(),
              conditions.phases()),
          System.out);
      return Failures.OK;
    }
  }

  /** {@code pyvisor bench evidence}. */
  @Command(
      name = "evidence",
      description = "Writes docs/evidence.md from what the last test run left and a benchmark.",
      mixinStandardHelpOptions = true)
  static final class EvidenceVerb implements Callable<Integer> {
    @Option(
        names = "--root",
        paramLabel = "DIR",
        defaultValue = ".",
        description = "The project's folder (default: the current one).")
    private Path root;

    @Option(
        names = "--rounds",
        paramLabel = "N",
        defaultValue = "100",
        description = "Of the benchmark (default ${DEFAULT-VALUE}).")
    private int rounds;

    @Mixin private Conditions conditions;

    @Override
    public Integer call() throws Exception {
      BenchOptions bench =
          new BenchOptions(
              List.of(), rounds, conditions.python(), conditions.phases(), Format.TEXT);
      System.out.println("wrote " + EvidencePage.write(root, bench));
      return Failures.OK;
    }
  }
}
