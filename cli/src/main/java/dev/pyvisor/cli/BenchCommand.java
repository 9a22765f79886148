package dev.pyvisor.cli;

import dev.pyvisor.bench.BenchOptions;
import dev.pyvisor.bench.BenchOptions.Format;
import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.BenchSuite;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code pyvisor bench}: figures, side by side. */
@Command(
    name = "bench",
    description = {
      "Measures cells and host tools beside a raw pipe echo, a JSON-lines worker and ipykernel.",
      "Rows are measured in turn, idle and beside busy loops. Medians and ratios, no judgement."
    },
    mixinStandardHelpOptions = true)
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

  @Option(names = "--python", paramLabel = "PATH", description = "Default: python3 of the PATH.")
  private @Nullable Path python;

  @Option(names = "--idle", description = "Leave out the phase with the busy loops.")
  private boolean idle;

  @Option(names = "--json", description = "One JSON object instead of the table.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    Set<Phase> phases = idle ? EnumSet.of(Phase.IDLE) : EnumSet.allOf(Phase.class);
    BenchSuite.run(
        new BenchOptions(
            rows, rounds, Optional.ofNullable(python), phases, json ? Format.JSON : Format.TEXT),
        System.out);
    return Failures.OK;
  }

  private static final class RowKeys implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return BenchSuite.rowKeys().iterator();
    }
  }
}
