package dev.pyvisor.cli;

import dev.pyvisor.CellListener;
import dev.pyvisor.CheckpointReport;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.StateReport;
import java.io.PrintStream;

/** Where the fate of cells is told. */
interface Report {
  /** What listens while a cell runs. */
  CellListener listener();

  /** Tells what became of a cell; {@code number} counts from 1. */
  void finished(int number, Outcome outcome);

  /** Whether standard output takes nothing more: what cells print from now on would be lost. */
  boolean broken();

  /** Tells of a checkpoint that was made. */
  void checkpointed(CheckpointReport checkpoint);

  /** Tells what a rollback brought back. */
  void rolledBack(String name, StateReport state);

  /** Tells of a directive that failed. */
  void failed(String directive, RunnerException failure);

  /** For people: output as it comes, then what went wrong. */
  static Report console(PrintStream out, PrintStream err) {
    return new ConsoleReport(out, err);
  }

  /** For programs: one line of JSON per cell; what fails between cells is told on {@code err}. */
  static Report json(PrintStream out, PrintStream err) {
    return new JsonReport(out, err);
  }
}
