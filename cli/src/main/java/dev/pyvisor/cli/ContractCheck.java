package dev.pyvisor.cli;

import dev.pyvisor.config.Configuration;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.backend.Statements;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.MatrixPage;
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
import java.util.function.Function;

/** One backend with some interpreters, to be held against the contracts. */
final class ContractCheck {
  private final List<Row> rows;
  private final Set<String> only;

  private ContractCheck(List<Row> rows, Set<String> only) {
    this.rows = rows;
    this.only = only;
  }

  /**
   * Says what is to be run.
   *
   * @param only names of contracts; none means all
   * @throws IllegalArgumentException when a name is unknown, or an interpreter is none
   */
  static ContractCheck of(
      String backend, List<Path> pythons, Set<String> only, Configuration configuration) {
    requireKnown(backend, only);
    BackendUnderTest stated = Statements.of(backend).orElseGet(() -> withoutStatement(backend));
    BackendUnderTest subject = new ConfiguredBackend(stated, configuration);
    List<Path> all = pythons.isEmpty() ? List.of(Interpreters.standard()) : pythons;
    return new ContractCheck(all.stream().map(python -> row(subject, python)).toList(), only);
  }

  /**
   * Runs it and prints the matrix, and nothing else, to standard output.
   *
   * @return the exit status
   */
  int run(Function<Matrix, String> format, Optional<Path> page) throws IOException {
    // What cannot be started at all is told as that, not as a hundred failures.
    rows.forEach(row -> row.client().open().close());
    PrintStream out = System.out;
    try {
      // The tests print their counts and figures.
      System.setOut(System.err);
      Matrix matrix = ContractRun.of(rows).only(only).run(ContractCheck::tell);
      out.println(format.apply(matrix).strip());
      if (page.isPresent()) {
        Files.writeString(page.get(), MatrixPage.of(matrix), StandardCharsets.UTF_8);
        System.err.println("the page stands in " + page.get());
      }
      return matrix.failures().isEmpty() ? Failures.OK : Failures.SOME_CELL_FAILED;
    } finally {
      System.setOut(out);
    }
  }

  private static void requireKnown(String backend, Set<String> only) {
    if (!Backends.names().contains(backend)) {
      throw new IllegalArgumentException(
          "the backend '"
              + backend
              + "' is unknown; usable: "
              + String.join(", ", Backends.names()));
    }
    Set<String> unknown = new TreeSet<>(only);
    unknown.removeIf(name -> ContractRun.contracts().contains(name.split("\\.")[0]));
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
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

  private static Row row(BackendUnderTest subject, Path python) {
    int version =
        Interpreters.versionOf(python)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "the interpreter " + python + " does not answer like a Python"));
    return new Row(subject, Interpreters.name(version), python, Row.Place.STANDARD);
  }

  private static void tell(Result result) {
    if (result.verdict() == Verdict.FAILED) {
      System.err.println("FAILED " + result.name() + " (" + result.row() + ")");
    }
  }
}
