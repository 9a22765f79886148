package dev.pyvisor.contract.run;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.backend.Rows;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.matrix.Matrix;
import dev.pyvisor.contract.matrix.MatrixRecorder;
import dev.pyvisor.contract.matrix.Result;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Nested;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.UniqueId;
import org.junit.platform.engine.support.store.Namespace;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * One run of the suite through JUnit's launcher. Listeners that are on the class path are not told
 * of it, so a run may take place within a test.
 *
 * <p>The directory for temporary files of this JVM must be nobody else's: what other programs put
 * there would be taken for something that a test has left behind.
 *
 * <p>Immutable.
 */
public final class ContractRun {
  private static final Namespace ASSIGNED = Namespace.create(Rows.ASSIGNED);

  private final List<Row> rows;
  private final Set<String> wanted;
  private final Optional<Duration> limit;

  private ContractRun(List<Row> rows, Set<String> wanted, Optional<Duration> limit) {
    this.rows = List.copyOf(rows);
    this.wanted = Set.copyOf(wanted);
    this.limit = limit;
  }

  /** A run of every contract in these rows. */
  public static ContractRun of(List<Row> rows) {
    return new ContractRun(rows, Set.of(), Optional.empty());
  }

  /** The same with only these contracts or tests, by the names that they have in the matrix. */
  public ContractRun only(Set<String> names) {
    return new ContractRun(rows, names, limit);
  }

  /** The same, but no test has longer than this; what hangs is ended without a report. */
  public ContractRun limit(Duration bound) {
    return new ContractRun(rows, wanted, Optional.of(bound));
  }

  /** The names that {@link #only} takes: every contract of the suite. */
  public static List<String> contracts() {
    return Stream.of(BackendContract.class.getDeclaredClasses())
        .filter(type -> type.isAnnotationPresent(Nested.class))
        .map(Class::getSimpleName)
        .sorted()
        .toList();
  }

  /** Runs it and returns what was seen. */
  public Matrix run() {
    return run(result -> {});
  }

  /** The same; tells of each test as soon as it is known. */
  public Matrix run(Consumer<Result> heard) {
    LauncherConfig alone =
        LauncherConfig.builder()
            .enableTestExecutionListenerAutoRegistration(false)
            .enableLauncherSessionListenerAutoRegistration(false)
            .build();
    LauncherDiscoveryRequestBuilder request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(selectClass(Suite.class))
            .filters((PostDiscoveryFilter) this::filter);
    limit.ifPresent(bound -> request.configurationParameter(HangReport.BOUND, bound.toString()));
    MatrixRecorder recorder = new MatrixRecorder(heard);
    try (LauncherSession session = LauncherFactory.openSession(alone)) {
      session.getStore().put(ASSIGNED, Rows.ASSIGNED, new Rows.Assignment(rows));
      session.getLauncher().execute(request.build(), recorder);
    }
    return recorder.matrix();
  }

  private FilterResult filter(TestDescriptor test) {
    String path =
        test.getUniqueId().getSegments().stream()
            .map(ContractRun::name)
            .filter(name -> !name.isEmpty())
            .collect(Collectors.joining("."));
    return FilterResult.includedIf(
        wanted.isEmpty()
            || path.isEmpty()
            || wanted.stream()
                .anyMatch(
                    name -> (path + ".").startsWith(name + ".") || name.startsWith(path + ".")));
  }

  /** What a part of an id adds to a name in the matrix. */
  private static String name(UniqueId.Segment segment) {
    return switch (segment.getType()) {
      case "nested-class" -> segment.getValue();
      case "method", "test-factory" -> segment.getValue().replaceFirst("\\(.*", "");
      default -> "";
    };
  }
}
