package dev.pyvisor;

import dev.pyvisor.internal.SessionCore;
import dev.pyvisor.internal.SessionVerbs;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.Tool;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One REPL state: what a cell defines, the next one finds. Cells and the verbs that touch the state
 * run one after another, in the order in which they were called.
 *
 * <p>Neither a host tool nor a listener of this session may wait for this session: it gets a {@link
 * dev.pyvisor.error.CallFailed} with {@code REENTRANT_CALL} at once. Another session is allowed.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public final class Session {
  private final SessionCore core;
  private final SessionVerbs verbs;

  Session(SessionCore core, SessionVerbs verbs) {
    this.core = core;
    this.verbs = verbs;
  }

  public String name() {
    return core.name();
  }

  /** The generation of its kernel: 1 at first, one more whenever another process takes over. */
  public int generation() {
    return core.generation();
  }

  /** Runs code and waits for what becomes of it. Code fences around it are taken off. */
  public Outcome execute(String code) {
    return execute(Cell.of(code));
  }

  /**
   * Runs a cell and waits for what becomes of it: every fate is an outcome, also the death of the
   * runner. An interrupt of this thread ends the wait, not the cell.
   *
   * @throws dev.pyvisor.error.CallCancelled when this thread is interrupted
   */
  public Outcome execute(Cell cell) {
    verbs.refuseListener("execute");
    return verbs.start(cell).awaitOrCancel();
  }

  /**
   * Starts a cell: it runs when those before it are done. Waits only where 64 MiB of cells already
   * wait in this session, and at most for the call time-out; then the outcome is {@code
   * never_started}.
   */
  public CellRun start(Cell cell) {
    return new CellRun(verbs.start(cell));
  }

  /**
   * The value of a global variable, as data.
   *
   * @throws dev.pyvisor.error.CallFailed when there is no such variable
   */
  public Value get(String name) {
    verbs.refuseListener("get");
    return verbs.await(verbs.get(name), "get " + name);
  }

  /**
   * Sets a global variable to a copy of a value.
   *
   * @throws dev.pyvisor.error.CallFailed when the name is no identifier
   */
  public void set(String name, Object value) {
    verbs.refuseListener("set");
    verbs.await(verbs.set(name, value), "set " + name);
  }

  /** Like {@link #get}, without waiting for the answer. */
  public CompletableFuture<Value> getAsync(String name) {
    return verbs.published(verbs.get(name));
  }

  /** Like {@link #set}, without waiting for the answer. */
  public CompletableFuture<Void> setAsync(String name, Object value) {
    return verbs.published(verbs.set(name, value));
  }

  /**
   * Adds host tools, replacing those of the same names. The state stays; the next cell finds them.
   */
  public void registerTools(Tool... tools) {
    verbs.registerTools(List.of(tools));
  }

  /**
   * Hears of output that comes when no cell runs, for example from a thread that a cell left
   * behind.
   */
  public void onLateOutput(Consumer<OutputChunk> consumer) {
    core.onLateOutput(consumer);
  }

  /**
   * Starts over with fresh globals in a new kernel; tools stay. Runs when what was called before is
   * done.
   */
  public void reset() {
    verbs.refuseListener("reset");
    verbs.await(verbs.reset(), "reset");
  }

  /** Ends the session with its kernel. What still waits settles as never started. */
  public void close() {
    verbs.refuseListener("close");
    verbs.close();
  }
}
