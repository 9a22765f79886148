package dev.pyvisor.cli;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import java.util.function.UnaryOperator;

/** Takes the steps of one {@code exec} in one session, and tells what became of each. */
final class Execution implements Step.Taker {
  private final Session session;
  private final UnaryOperator<Cell> form;
  private final Report report;
  private final CtrlC ctrlC;
  private int cells;

  Execution(Session session, UnaryOperator<Cell> form, Report report, CtrlC ctrlC) {
    this.session = session;
    this.form = form;
    this.report = report;
    this.ctrlC = ctrlC;
  }

  @Override
  public boolean cell(String code) throws InterruptedException {
    Cell cell = form.apply(Cell.of(code)).listener(report.listener());
    Outcome outcome = ctrlC.await(() -> session.start(cell));
    cells++;
    report.finished(cells, outcome);
    return outcome.ok();
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
