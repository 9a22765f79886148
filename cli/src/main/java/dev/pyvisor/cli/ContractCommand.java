package dev.pyvisor.cli;

import dev.pyvisor.Defaults;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.config.Setting;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.backend.Statements;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.MatrixJson;
import dev.pyvisor.contract.matrix.MatrixPage;
import dev.pyvisor.contract.matrix.MatrixText;
import dev.pyvisor.contract.matrix.Result;
import dev.pyvisor.contract.matrix.Verdict;
import dev.pyvisor.contract.run.ContractRun;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code pyvisor contract}: holds a backend against the contract suite. */
@Command(
    name = "contract",
    description = {
      "Runs the contract suite against a backend and prints what it shows of which rule.",
      "Contracts that need more than the backend states of itself are skipped, with the reason."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "It takes some minutes, and a machine that is otherwise idle: some contracts keep every core"
          + " busy.",
      "Exit status: 0 nothing failed; 1 some test failed; 2 usage; 3 the runner could not be started"
          + " or reached."
    })
final class ContractCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "The backend. Default: that of the configuration, else " + Defaults.BACKEND + ".")
  private @Nullable String backend;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      description =
          "An interpreter; several may be given. Default: that of the configuration, else the first"
              + " python3 on the PATH.")
  private List<Path> pythons = List.of();

  @Option(
      names = "--only",
      paramLabel = "CONTRACT",
      split = ",",
      description = "Only these, separated by commas, by the names that a matrix has.")
  private Set<String> only = Set.of();

  @Option(names = "--json", description = "One JSON object instead of the table.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Also a page for a browser.")
  private @Nullable Path html;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws Exception {
    requireKnown();
    Configuration configuration = config.read();
    String name = backend == null ? setting(configuration, "backend").orElseThrow() : backend;
    if (!Backends.names().contains(name)) {
      throw new ParameterException(
          spec.commandLine(),
          "the backend '" + name + "' is unknown; usable: " + String.join(", ", Backends.names()));
    }
    BackendUnderTest stated = Statements.of(name).orElseGet(() -> withoutStatement(name));
    BackendUnderTest subject = new ConfiguredBackend(stated, configuration);
    List<Row> rows = pythons(configuration).stream().map(python -> row(subject, python)).toList();
    return OwnScratch.during(() -> run(rows));
  }

  private int run(List<Row> rows) throws IOException {
    // What cannot be started at all is told as that, not as a hundred failures.
    rows.forEach(row -> row.client().open().close());
    PrintStream out = System.out;
    try {
      // The tests print their counts and figures; what is asked for is the matrix alone.
      System.setOut(System.err);
      Matrix matrix = ContractRun.of(rows).only(only).run(this::tell);
      show(matrix, out);
      return matrix.failures().isEmpty() ? Failures.OK : Failures.SOME_CELL_FAILED;
    } finally {
      System.setOut(out);
    }
  }

  private void show(Matrix matrix, PrintStream out) throws IOException {
    out.print(json ? MatrixJson.of(matrix) + "\n" : MatrixText.of(matrix));
    if (html != null) {
      Files.writeString(html, MatrixPage.of(matrix), StandardCharsets.UTF_8);
      System.err.println("the page stands in " + html);
    }
  }

  private void requireKnown() {
    Set<String> unknown = new TreeSet<>();
    for (String name : only) {
      if (!ContractRun.contracts().contains(name.split("\\.")[0])) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(),
          "no contract is named " + unknown + "; there are " + ContractRun.contracts());
    }
  }

  private static BackendUnderTest withoutStatement(String name) {
    System.err.println(
        "the backend "
            + name
            + " states nothing of itself: it is held to every contract, and its path is not proven"
            + " from the far side");
    return Statements.none(name);
  }

  private List<Path> pythons(Configuration configuration) {
    if (!pythons.isEmpty()) {
      return pythons;
    }
    return List.of(
        configuration.settings().stream()
            .filter(setting -> setting.key().equals("python"))
            .map(setting -> Path.of(setting.value()))
            .findFirst()
            .orElseGet(Interpreters::standard));
  }

  /** What holds for a key, whether somebody set it or not. */
  private static Optional<String> setting(Configuration configuration, String key) {
    return configuration.effective().stream()
        .filter(setting -> setting.key().equals(key))
        .map(Setting::value)
        .findFirst();
  }

  private Row row(BackendUnderTest subject, Path python) {
    int version =
        Interpreters.versionOf(python)
            .orElseThrow(
                () ->
                    new ParameterException(
                        spec.commandLine(),
                        "--python " + python + ": it does not answer like a Python"));
    return new Row(subject, Interpreters.name(version), python, Row.Place.STANDARD);
  }

  private void tell(Result result) {
    if (result.verdict() == Verdict.FAILED) {
      System.err.println("FAILED " + result.name() + " (" + result.row() + ")");
    }
  }
}
