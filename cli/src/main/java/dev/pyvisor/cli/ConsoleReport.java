package dev.pyvisor.cli;

import dev.pyvisor.CellListener;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import java.io.PrintStream;

/** Passes a cell's bytes on as they come; says on standard error what else there is to say. */
final class ConsoleReport implements Report, CellListener {
  private final PrintStream out;
  private final PrintStream err;

  ConsoleReport(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public CellListener listener() {
    return this;
  }

  @Override
  public void onOutput(OutputChunk chunk) {
    PrintStream target = chunk.stream() == StreamName.STDOUT ? out : err;
    byte[] bytes = chunk.bytes();
    target.write(bytes, 0, bytes.length);
    target.flush();
  }

  @Override
  public void finished(int number, Outcome outcome) {
    outcome
        .value()
        .filter(value -> !value.pythonType().equals("builtins.NoneType"))
        .ifPresent(value -> out.println(value.repr()));
    out.flush();
    outcome.error().ifPresent(error -> err.print(error.traceback()));
    if (!outcome.ok() && outcome.error().isEmpty()) {
      err.println(
          "pyvisor: cell "
              + number
              + " "
              + outcome.kind().wireName()
              + outcome.cause().map(cause -> ": " + cause.text()).orElse(""));
    }
    if (!outcome.state().preserved()) {
      err.println("pyvisor: " + outcome.state().text());
    }
    err.flush();
  }
}
