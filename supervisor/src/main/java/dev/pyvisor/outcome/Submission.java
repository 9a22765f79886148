package dev.pyvisor.outcome;

import dev.pyvisor.Value;
import dev.pyvisor.document.DocumentException;

/**
 * What a cell has ended itself with, by a function that {@link dev.pyvisor.tool.Tool#submit} made.
 *
 * <p>Immutable.
 *
 * @param answer its named fields, as one object
 * @param draft whether the cell was executed as a draft: its answer is still to be confirmed
 */
public record Submission(Value answer, boolean draft) {

  /**
   * The answer as a Java type; a record whose fields were asked for always fits, apart from what no
   * schema can say.
   *
   * @throws DocumentException when it does not fit
   */
  public <T> T as(Class<T> type) {
    return answer.as(type);
  }

  /** A short form for logs, without the answer. */
  @Override
  public String toString() {
    return draft ? "a draft" : "an answer";
  }
}
