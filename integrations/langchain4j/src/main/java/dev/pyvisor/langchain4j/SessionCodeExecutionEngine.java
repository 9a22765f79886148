package dev.pyvisor.langchain4j;

import dev.langchain4j.code.CodeExecutionEngine;
import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.agent.OutcomeText;

/**
 * A session as LangChain4j's engine for code. State is kept from one execution to the next.
 *
 * <p>Thread-safe: the session runs what it is given in turn.
 */
public final class SessionCodeExecutionEngine implements CodeExecutionEngine {
  private final Session session;

  /** The session stays its opener's to close. */
  public SessionCodeExecutionEngine(Session session) {
    this.session = session;
  }

  /** What the code printed, and what became of it: never an exception for what the code does. */
  @Override
  public String execute(String code) {
    return OutcomeText.of(session.execute(Cell.of(code).withValue()), PythonTool.REST);
  }
}
