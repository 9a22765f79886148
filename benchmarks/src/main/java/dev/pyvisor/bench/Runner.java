package dev.pyvisor.bench;

import dev.pyvisor.Cell;
import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.outcome.Outcome;
import java.io.IOException;

/** A runner without tools, and its session. */
final class Runner implements Subject {
  private static final String COPY = "pyvisor-copy";
  private final SupervisorClient client;

  Runner(Interpreter interpreter, CheckpointPolicy policy) {
    client =
        SupervisorClient.builder().python(interpreter.path()).trusted().checkpoints(policy).open();
  }

  /** One whose session holds this heap. */
  static Runner holding(Interpreter interpreter, CheckpointPolicy policy, Heap heap)
      throws IOException {
    Runner runner = new Runner(interpreter, policy);
    try {
      runner.run(heap.code());
      return runner;
    } catch (IOException | RuntimeException e) {
      runner.close();
      throw e;
    }
  }

  SupervisorClient client() {
    return client;
  }

  Session session() {
    return client.session();
  }

  void run(String code) throws IOException {
    run(session(), code);
  }

  static void run(Session session, String code) throws IOException {
    completed(session.execute(code));
  }

  /**
   * Waits until the kernel has done what it does after a cell: it serves one request after another.
   */
  void settle() {
    session().get("__name__");
  }

  /** The process id of the session's kernel. */
  long kernel() throws IOException {
    return kernel(session());
  }

  static long kernel(Session session) throws IOException {
    Outcome outcome = session.execute(Cell.of("import os; os.getpid()").withValue());
    completed(outcome);
    return outcome.value().orElseThrow().as(Long.class);
  }

  /** Bytes that the frozen copy of its kernel shares with no other process. */
  long copyMemory() throws IOException {
    return Processes.privateBytesOfOnlyChild(client.runner().pid(), COPY);
  }

  static void completed(Outcome outcome) throws IOException {
    expect(outcome.ok(), outcome.toString());
  }

  static void expect(boolean held, String what) throws IOException {
    if (!held) {
      throw new IOException("not so: " + what);
    }
  }

  @Override
  public void abort() {
    client.close();
  }

  @Override
  public void close() {
    client.close();
  }
}
