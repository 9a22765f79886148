package dev.pyvisor.transport.stdio;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * What became of a cell, in the words of PROTOCOL.md section 8.
 *
 * <p>Immutable.
 *
 * @param outcome the terminal's word
 * @param cause the terminal's cause, where its own code did not choose its end
 * @param state the terminal's report on the state
 * @param kernel whether the kernel that ran it is still the session's
 * @param stdout what it printed; where the dialect does not tell the streams apart, on both
 * @param stderr what it printed to standard error, where the dialect tells
 * @param report the params of {@code cell.report}
 */
record Verdict(
    String outcome,
    @Nullable ObjectNode cause,
    ObjectNode state,
    Kernel kernel,
    String stdout,
    String stderr,
    @Nullable ObjectNode report) {

  /**
   * Whether another process has taken over.
   *
   * <p>Immutable.
   */
  enum Kernel {
    STAYS,
    REPLACED
  }

  /** The same, with what it printed told otherwise. */
  Verdict printing(String otherStdout, @Nullable ObjectNode otherReport) {
    return new Verdict(outcome, cause, state, kernel, otherStdout, stderr, otherReport);
  }
}
