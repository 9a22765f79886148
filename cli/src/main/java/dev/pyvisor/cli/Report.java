package dev.pyvisor.cli;

import dev.pyvisor.CellListener;
import dev.pyvisor.outcome.Outcome;
import java.io.PrintStream;

/** Where the fate of cells is told. */
interface Report {
  /** What listens while a cell runs. */
  CellListener listener();

  /** Tells what became of a cell; {@code number} counts from 1. */
  void finished(int number, Outcome outcome);

  /** For people: output as it comes, then what went wrong. */
  static Report console(PrintStream out, PrintStream err) {
    return new ConsoleReport(out, err);
  }

  /** For programs: one line of JSON per cell. */
  static Report json(PrintStream out) {
    return new JsonReport(out);
  }
}
