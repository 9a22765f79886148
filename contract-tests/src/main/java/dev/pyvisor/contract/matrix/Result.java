package dev.pyvisor.contract.matrix;

import java.util.List;

/**
 * One test in one row.
 *
 * <p>Immutable.
 *
 * @param row {@code pipe, Python 3.11}
 * @param contract the contract that has the test, for example {@code LargeMessages.Idle}
 * @param test the test's name; behind it, in brackets, which of several it is
 * @param rules the ids that it shows
 * @param detail the failure, or why it was skipped; empty where it passed
 * @param millis how long it took
 */
public record Result(
    String row,
    String contract,
    String test,
    List<String> rules,
    Verdict verdict,
    String detail,
    long millis) {

  public Result {
    rules = List.copyOf(rules);
  }

  /** {@code Execution.what_a_cell_prints_comes_back_exactly}. */
  public String name() {
    return contract + "." + test;
  }
}
