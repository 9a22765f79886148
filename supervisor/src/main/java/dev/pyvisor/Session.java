package dev.pyvisor;

import dev.pyvisor.internal.Reentrancy;
import dev.pyvisor.internal.SessionLife;
import dev.pyvisor.internal.SessionVerbs;
import dev.pyvisor.internal.StateVerbs;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
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
  private final SessionLife life;
  private final SessionVerbs verbs;
  private final StateVerbs state;
  private final WorkspaceFiles files;
  private final Reentrancy reentrancy;

  Session(
      SessionLife life,
      SessionVerbs verbs,
      StateVerbs state,
      WorkspaceFiles files,
      Reentrancy reentrancy) {
    this.life = life;
    this.verbs = verbs;
    this.state = state;
    this.files = files;
    this.reentrancy = reentrancy;
  }

  public String name() {
    return life.name();
  }

  /**
   * What a branch began with: its parent's whole state, or, where the parent's kernel could not be
   * copied, the plain data in it; then the report says what is lost and why. Empty for a session
   * that is no branch.
   */
  public Optional<StateReport> origin() {
    return life.origin();
  }

  /** The generation of its kernel: 1 at first, one more whenever another process takes over. */
  public int generation() {
    return life.generation();
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
    reentrancy.refuseListener("execute");
    return verbs.start(cell).awaitOrCancel();
  }

  /**
   * Starts a cell: it runs when those before it are done. Waits only where 64 MiB of cells already
   * wait in this session, or where a runner has to be started in the place of one that died, and at
   * most for the call time-out; then the outcome is {@code never_started}.
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
    reentrancy.refuseListener("get");
    return verbs.await(verbs.get(name), "get " + name);
  }

  /**
   * Sets a global variable to a copy of a value.
   *
   * @throws dev.pyvisor.error.CallFailed when the name is no identifier
   */
  public void set(String name, Object value) {
    reentrancy.refuseListener("set");
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
   * The files of its workspace: put there, listed, collected. They do not wait for the session's
   * turn.
   */
  public WorkspaceFiles files() {
    return files;
  }

  /**
   * Adds host tools, replacing those of the same names. The state stays; the next cell finds them.
   */
  public void registerTools(Tool... tools) {
    verbs.registerTools(List.of(tools));
  }

  /**
   * How many of its tool calls run on the host at this moment, also of cells that have ended: a
   * tool that does not heed its interrupt stays counted until it returns.
   */
  public int hostWork() {
    return life.hostWork().running();
  }

  /** Completes when no tool call of it runs on the host, on the thread of the last one. */
  public CompletableFuture<Void> hostWorkDone() {
    return life.hostWork().done();
  }

  /**
   * Hears of output that comes when no cell runs, for example from a thread that a cell left
   * behind.
   */
  public void onLateOutput(Consumer<OutputChunk> consumer) {
    life.onLateOutput(consumer);
  }

  /**
   * Hears when another process has taken this session over, after the outcome of the cell that
   * brought it about, and before anything of a cell that it runs. The consumer given last is the
   * one that hears.
   */
  public void onGeneration(Consumer<GenerationChange> consumer) {
    life.onGeneration(consumer);
  }

  /**
   * Interrupts the cell that runs, and returns when the session is free for the next one: at the
   * latest when the cell's grace is over and a new kernel is there. Cells that wait are not
   * touched. Does not wait for its turn. A tool of this session may call it: it ends with its cell.
   *
   * @return false when no cell runs; then nothing was sent
   * @throws dev.pyvisor.error.CallTimedOut when the cell has not ended within the client's
   *     interrupt grace and call time-out together
   * @throws dev.pyvisor.error.CallFailed {@code REENTRANT_CALL} from a listener of this session,
   *     which would wait for itself; it can use {@link #interruptAsync}
   */
  public boolean interrupt() {
    return state.interrupt(Optional.empty());
  }

  /**
   * Like {@link #interrupt()}, waiting at most so long. The interrupt is sent in any case.
   *
   * @throws dev.pyvisor.error.CallTimedOut when the cell has not ended by then
   */
  public boolean interrupt(Duration limit) {
    return state.interrupt(Optional.of(limit));
  }

  /** Like {@link #interrupt()}, without waiting. */
  public CompletableFuture<Boolean> interruptAsync() {
    return state.interruptAsync();
  }

  /**
   * Keeps the state as it is when what was called before is done, under a name; one of that name is
   * replaced. At most four names are kept.
   *
   * @throws dev.pyvisor.error.CallFailed when there are more than four, or the name is not one of 1
   *     to 200 characters
   */
  public CheckpointReport checkpoint(String name) {
    return state.checkpoint(name);
  }

  /**
   * Goes back to a checkpoint, which stays and can be used again. Tools stay. Files, sockets and
   * what tools have done do not go back; the report says so.
   *
   * @throws dev.pyvisor.error.CallFailed when there is none of that name
   */
  public StateReport rollback(String name) {
    return state.rollback(name);
  }

  /**
   * Gives a checkpoint up and frees its memory.
   *
   * @throws dev.pyvisor.error.CallFailed when there is none of that name
   */
  public void dropCheckpoint(String name) {
    state.dropCheckpoint(name);
  }

  /**
   * Opens another session that starts with a copy of this one's state and its tools: in a kernel,
   * with random numbers and a working directory of its own. From then on they know nothing of each
   * other. Whether the copy is a whole one is told by {@link #origin}.
   *
   * @param newName the new session's name
   */
  public Session branch(String newName) {
    return state.branch(newName, Optional.empty(), SupervisorClient::face).facade();
  }

  /**
   * Like {@link #branch(String)}, with the state of a checkpoint of this session.
   *
   * @throws dev.pyvisor.error.CallFailed when there is none of that name
   */
  public Session branch(String newName, String checkpoint) {
    return state.branch(newName, Optional.of(checkpoint), SupervisorClient::face).facade();
  }

  /**
   * Starts over with fresh globals in a new kernel; tools stay. Runs when what was called before is
   * done.
   */
  public void reset() {
    state.reset();
  }

  /**
   * Ends the session with its kernel. What still waits settles as never started. Closing it again
   * does nothing but wait for that.
   */
  public void close() {
    reentrancy.refuseListener("close");
    verbs.close();
  }
}
