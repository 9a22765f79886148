package dev.pyvisor.bench;

import dev.pyvisor.bench.BenchOptions.Format;
import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.BenchReport.Result;
import dev.pyvisor.bench.python.BusyLoops;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.MachineFacts;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The work behind {@code pyvisor bench}. */
public final class BenchSuite {
  private BenchSuite() {}

  /** The keys by which rows are chosen, in the order of the table. */
  public static List<String> rowKeys() {
    return rows().stream().map(Row::key).toList();
  }

  /**
   * Measures what {@code options} say, prints it to {@code out} and returns it. Leaves no process
   * and no file.
   *
   * @throws IllegalArgumentException when the interpreter is none
   */
  public static BenchReport run(BenchOptions options, PrintStream out)
      throws IOException, InterruptedException {
    Interpreter interpreter = Interpreter.find(options.python());
    MachineFacts machine = MachineFacts.of(interpreter);
    List<Result> results = new ArrayList<>();
    int busyLoops = 0;
    try (Watchdog watchdog = new Watchdog();
        Workbench workbench = new Workbench(interpreter, Processes.availableMemory())) {
      Measurement measurement = new Measurement(chosen(options), watchdog);
      measurement.open(workbench);
      measurement.warmUp(options.rounds());
      if (options.phases().contains(Phase.IDLE)) {
        results.addAll(measurement.run(Phase.IDLE, options.rounds()));
      }
      if (options.phases().contains(Phase.BUSY)) {
        try (BusyLoops busy = BusyLoops.start(interpreter.path())) {
          busyLoops = busy.count();
          results.addAll(measurement.run(Phase.BUSY, options.rounds()));
        }
      }
    }
    BenchReport report = new BenchReport(machine, options.rounds(), busyLoops, results);
    out.print(
        options.format() == Format.JSON
            ? JsonPage.of(report) + System.lineSeparator()
            : TextPage.of(report));
    out.flush();
    return report;
  }

  private static List<Row> chosen(BenchOptions options) {
    if (options.rows().isEmpty()) {
      return rows();
    }
    // A figure without the raw row beside it says nothing, so that one comes along.
    Set<String> keys = new LinkedHashSet<>(options.rows());
    for (Row row : rows()) {
      if (options.rows().contains(row.key())) {
        keys.add(row.yardstick().key());
      }
    }
    return rows().stream().filter(row -> keys.contains(row.key())).toList();
  }

  private static List<Row> rows() {
    return Stream.of(
            RawRows.all(),
            ForkRows.all(),
            OurRows.all(),
            McpRows.all(),
            SessionRows.all(),
            PauseRows.all(),
            FileRows.all(),
            PoolRows.all(),
            StateRows.all(),
            WorkerRows.all(),
            IpykernelRows.all())
        .flatMap(List::stream)
        .toList();
  }
}
