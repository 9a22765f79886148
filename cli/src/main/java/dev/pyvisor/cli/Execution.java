package dev.pyvisor.cli;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.Session;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import java.util.function.UnaryOperator;

/** Takes the steps of one {@code exec} in one session, and tells what became of each. */
final class Execution implements Step.Taker {
  private final Session session;
  private final UnaryOperator<Cell> form;
  private final Report report;
  private final CtrlC ctrlC;
  private int cells;
  private volatile boolean deaf; // written by the listener and by the worker, in turn

  Execution(Session session, UnaryOperator<Cell> form, Report report, CtrlC ctrlC) {
    this.session = session;
    this.form = form;
    this.report = report;
    this.ctrlC = ctrlC;
  }

  @Override
  public boolean cell(String code) throws InterruptedException {
    Cell cell = form.apply(Cell.of(code)).listener(listener());
    Outcome outcome = ctrlC.await(() -> session.start(cell));
    cells++;
    report.finished(cells, outcome);
    deaf |= report.broken();
    return outcome.ok() && !deaf;
  }

  /** Whether nobody takes what cells print, so that none is to run any more. */
  boolean deaf() {
    return deaf;
  }

  /** What the report hears; the cell is ended when that cannot be passed on any more. */
  private CellListener listener() {
    CellListener told = report.listener();
    return new CellListener() {
      @Override
      public void onOutput(OutputChunk chunk) {
        told.onOutput(chunk);
        endIfDeaf();
      }

      @Override
      public void onDisplay(Display display) {
        told.onDisplay(display);
        endIfDeaf();
      }
    };
  }

  private void endIfDeaf() {
    if (!deaf && report.broken()) {
      deaf = true;
      session.interruptAsync();
    }
  }

  @Override
  public boolean checkpoint(String name) throws InterruptedException {
    return directive("checkpoint " + name, () -> report.checkpointed(session.checkpoint(name)));
  }

  @Override
  public boolean rollback(String name) throws InterruptedException {
    return directive("rollback " + name, () -> report.rolledBack(name, session.rollback(name)));
  }

  private boolean directive(String mark, Runnable act) throws InterruptedException {
    try {
      act.run();
      return true;
    } catch (RunnerException failed) {
      if (ctrlC.ending()) {
        throw new InterruptedException(mark);
      }
      report.failed(mark, failed);
      return false;
    }
  }
}
