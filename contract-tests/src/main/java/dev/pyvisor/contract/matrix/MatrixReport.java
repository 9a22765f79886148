package dev.pyvisor.contract.matrix;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes the matrix of every test run that has this artifact on its class path, into {@code
 * target/contract-matrix}. JUnit finds it by itself; a run without a suite writes nothing.
 *
 * <p>Thread-safe: by its recorder.
 */
public final class MatrixReport implements TestExecutionListener {
  private static final AtomicInteger PLANS = new AtomicInteger();
  private volatile MatrixRecorder recorder = new MatrixRecorder();

  @Override
  public void testPlanExecutionStarted(TestPlan plan) {
    recorder = new MatrixRecorder();
    recorder.testPlanExecutionStarted(plan);
  }

  @Override
  public void reportingEntryPublished(TestIdentifier where, ReportEntry entry) {
    recorder.reportingEntryPublished(where, entry);
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    recorder.executionStarted(test);
  }

  @Override
  public void executionSkipped(TestIdentifier skipped, String reason) {
    recorder.executionSkipped(skipped, reason);
  }

  @Override
  public void executionFinished(TestIdentifier finished, TestExecutionResult result) {
    recorder.executionFinished(finished, result);
  }

  @Override
  public void testPlanExecutionFinished(TestPlan plan) {
    Matrix part = recorder.matrix();
    if (part.results().isEmpty()) {
      return;
    }
    Path folder =
        Path.of(System.getProperty("pyvisor.test.output", "target/test-evidence"))
            .resolveSibling("contract-matrix");
    long process = ProcessHandle.current().pid();
    String build = System.getProperty("pyvisor.build", "process " + process);
    try {
      new MatrixFolder(folder, build).add(part, process + "-" + PLANS.incrementAndGet());
    } catch (IOException problem) {
      throw new UncheckedIOException("cannot write the matrix into " + folder, problem);
    }
    part.rows()
        .forEach(row -> System.out.println("matrix: " + row + ": " + part.tally(row).sentence()));
    part.failures()
        .forEach(
            failure ->
                System.out.println(
                    "matrix: FAILED " + failure.name() + " (" + failure.row() + ")"));
    System.out.println("matrix: the whole stands in " + folder.resolve(MatrixFolder.PAGE));
  }
}
