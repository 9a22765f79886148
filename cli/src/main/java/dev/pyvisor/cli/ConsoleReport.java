package dev.pyvisor.cli;

import dev.pyvisor.CellListener;
import dev.pyvisor.CheckpointReport;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.outcome.StreamName;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/** Passes a cell's bytes on as they come; says on standard error what else there is to say. */
final class ConsoleReport implements Report, CellListener {
  /** Whoever ends otherwise has ended by its own doing, and with the state that it made. */
  private static final Set<OutcomeKind> ABOUT_THE_SESSION =
      EnumSet.complementOf(
          EnumSet.of(OutcomeKind.COMPLETED, OutcomeKind.SUBMITTED, OutcomeKind.RAISED));

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
  public void onDisplay(Display display) {
    out.println(display.text());
    out.flush();
  }

  @Override
  public void finished(int number, Outcome outcome) {
    outcome
        .value()
        .filter(value -> !value.pythonType().equals("builtins.NoneType"))
        .ifPresent(value -> out.println(value.repr()));
    out.flush();
    outcome.error().ifPresent(error -> err.print(error.traceback()));
    outcome
        .submission()
        .ifPresent(
            submission ->
                err.println(
                    "pyvisor: cell " + number + " submitted " + submission.answer().json()));
    if (ABOUT_THE_SESSION.contains(outcome.kind())) {
      err.println("pyvisor: cell " + number + " " + fate(outcome));
    }
    err.flush();
  }

  @Override
  public boolean broken() {
    return out.checkError();
  }

  /** One sentence: what became of the cell, why, and what is left of the state. */
  private static String fate(Outcome outcome) {
    String words = outcome.kind().wireName().replace('_', ' ');
    String cause = outcome.cause().map(Cause::text).orElse(words);
    return (cause.startsWith(words) ? cause : words + ": " + cause)
        + "; "
        + withoutWhatIsSaid(outcome.state(), cause).text();
  }

  private static StateReport withoutWhatIsSaid(StateReport state, String cause) {
    return new StateReport(
        state.preserved(),
        state.source(),
        state.restored(),
        state.lost(),
        state
            .reason()
            .map(
                reason ->
                    Arrays.stream(reason.split("; "))
                        .filter(part -> !cause.contains(part))
                        .collect(Collectors.joining("; ")))
            .filter(reason -> !reason.isEmpty()),
        state.notRolledBack());
  }

  @Override
  public void checkpointed(CheckpointReport checkpoint) {
    err.println(
        "pyvisor: checkpoint "
            + checkpoint.name()
            + ": "
            + (checkpoint.source() == StateSource.CHECKPOINT
                ? "everything"
                : "plain data only" + checkpoint.reason().map(why -> ", " + why).orElse(""))
            + ", as of cell "
            + checkpoint.cell());
  }

  @Override
  public void rolledBack(String name, StateReport state) {
    err.println("pyvisor: rollback " + name + ": " + state.text());
  }

  @Override
  public void failed(String directive, RunnerException failure) {
    err.println("pyvisor: " + directive + ": " + Failures.explain(failure));
  }
}
