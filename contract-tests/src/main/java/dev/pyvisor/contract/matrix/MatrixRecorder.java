package dev.pyvisor.contract.matrix;

import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.backend.Applicability;
import dev.pyvisor.contract.backend.GapWatch;
import dev.pyvisor.contract.backend.Row;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.reporting.ReportEntry;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Notes what becomes of every test that belongs to a row; of other tests it takes no notice.
 *
 * <p>Guarded by this.
 */
public final class MatrixRecorder implements TestExecutionListener {
  /** What JUnit puts before the reason of whoever assumes something. */
  private static final String ASSUMPTION = "Assumption failed: ";

  private final Map<UniqueId, String> rows = new ConcurrentHashMap<>();
  private final Map<UniqueId, Long> starts = new ConcurrentHashMap<>();
  private final List<Result> results = new ArrayList<>();
  private final Consumer<Result> heard;
  private @Nullable TestPlan plan;

  public MatrixRecorder() {
    this(result -> {});
  }

  /** Tells {@code heard} of each test as it is noted. */
  public MatrixRecorder(Consumer<Result> heard) {
    this.heard = heard;
  }

  /** What has been noted so far. */
  public synchronized Matrix matrix() {
    return new Matrix(results);
  }

  @Override
  public synchronized void testPlanExecutionStarted(TestPlan started) {
    plan = started;
  }

  @Override
  public void reportingEntryPublished(TestIdentifier where, ReportEntry entry) {
    String row = entry.getKeyValuePairs().get(Row.ENTRY);
    if (row != null) {
      rows.put(where.getUniqueIdObject(), row);
    }
  }

  @Override
  public void executionStarted(TestIdentifier test) {
    starts.put(test.getUniqueIdObject(), System.nanoTime());
  }

  @Override
  public void executionSkipped(TestIdentifier skipped, String reason) {
    // That class notes them, and a matrix has one result of each.
    if (!reason.equals(Applicability.IN_ANOTHER_CLASS)) {
      tests(skipped).forEach(test -> note(test, ofReason(reason), reason));
    }
  }

  @Override
  public void executionFinished(TestIdentifier finished, TestExecutionResult result) {
    String detail = result.getThrowable().map(MatrixRecorder::text).orElse("");
    if (result.getStatus() == Status.FAILED) {
      // What is made ready for all tests of a class fails for all of them.
      tests(finished).forEach(test -> note(test, Verdict.FAILED, detail));
    } else if (finished.isTest() || result.getStatus() == Status.ABORTED) {
      boolean passed = result.getStatus() == Status.SUCCESSFUL;
      tests(finished)
          .forEach(test -> note(test, passed ? Verdict.PASSED : ofReason(detail), detail));
    }
  }

  private static Verdict ofReason(String reason) {
    if (reason.startsWith(Applicability.NOT_IN_TIER)) {
      return Verdict.NOT_IN_TIER;
    }
    return reason.startsWith(GapWatch.KNOWN_GAP) ? Verdict.KNOWN_GAP : Verdict.SKIPPED;
  }

  private static String text(Throwable failure) {
    String text = Optional.ofNullable(failure.getMessage()).orElse(failure.getClass().getName());
    return (text.startsWith(ASSUMPTION) ? text.substring(ASSUMPTION.length()) : text).strip();
  }

  private synchronized void note(TestIdentifier test, Verdict verdict, String detail) {
    Optional<String> row =
        ancestors(test).map(rows::get).filter(found -> found != null).findFirst();
    Optional<MethodSource> source = method(test);
    if (row.isEmpty() || source.isEmpty()) {
      return;
    }
    Long start = starts.get(test.getUniqueIdObject());
    Result result =
        new Result(
            row.get(),
            contract(source.get()),
            source.get().getMethodName() + variant(test),
            rules(source.get().getJavaMethod()),
            verdict,
            detail,
            start == null ? 0 : (System.nanoTime() - start) / 1_000_000);
    results.add(result);
    heard.accept(result);
  }

  /** The tests that are this, or below this. */
  private synchronized List<TestIdentifier> tests(TestIdentifier root) {
    if (plan == null || method(root).isPresent()) {
      return List.of(root);
    }
    return plan.getDescendants(root).stream()
        .filter(below -> method(below).isPresent())
        // Dynamic tests that there are already have been noted.
        .filter(below -> plan.getParent(below).flatMap(MatrixRecorder::method).isEmpty())
        .toList();
  }

  private Stream<UniqueId> ancestors(TestIdentifier test) {
    return Stream.iterate(
            Optional.of(test), Optional::isPresent, one -> one.flatMap(plan()::getParent))
        .flatMap(Optional::stream)
        .map(TestIdentifier::getUniqueIdObject);
  }

  private TestPlan plan() {
    if (plan == null) {
      throw new IllegalStateException("a test ran before its plan began");
    }
    return plan;
  }

  private static Optional<MethodSource> method(TestIdentifier test) {
    Optional<TestSource> source = test.getSource();
    return source.filter(MethodSource.class::isInstance).map(MethodSource.class::cast);
  }

  /** {@code LargeMessages.Idle}: the nested classes below the suite. */
  private static String contract(MethodSource source) {
    String name = source.getClassName();
    return name.substring(name.indexOf('$') + 1).replace('$', '.');
  }

  /** Which of the dynamic tests of one method it is. */
  private static String variant(TestIdentifier test) {
    return test.getUniqueIdObject().getLastSegment().getType().startsWith("dynamic-")
        ? "[" + test.getDisplayName() + "]"
        : "";
  }

  private static List<String> rules(Method method) {
    Set<String> rules = new LinkedHashSet<>();
    for (Rule rule : method.getAnnotationsByType(Rule.class)) {
      rules.addAll(List.of(rule.value()));
    }
    return List.copyOf(rules);
  }
}
