package dev.pyvisor.contract.backend;

import dev.pyvisor.contract.Tier;
import dev.pyvisor.contract.backend.Row.Place;
import dev.pyvisor.contract.load.Interpreters;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContext;
import org.junit.jupiter.api.extension.ClassTemplateInvocationContextProvider;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.StoreScope;
import org.junit.jupiter.api.extension.TestInstancePostProcessor;
import org.junit.platform.commons.support.ReflectionSupport;

/**
 * Runs a suite once for each row: those of its {@link Backend}, or those that whoever launched it
 * has put into the session's store.
 *
 * <p>Thread-safe: no state of its own.
 */
public final class Rows implements ClassTemplateInvocationContextProvider {
  /** Names the place in the launcher session's store. */
  public static final String ASSIGNED = Rows.class.getName();

  /** A suite that is told its row. */
  public interface Suite {
    /** Called for each new instance, before any test runs on it. */
    void enter(Row row);
  }

  /**
   * The rows of a run that was launched with them.
   *
   * <p>Immutable.
   */
  public record Assignment(List<Row> rows) {
    public Assignment {
      rows = List.copyOf(rows);
    }
  }

  @Override
  public boolean supportsClassTemplate(ExtensionContext context) {
    return Suite.class.isAssignableFrom(context.getRequiredTestClass());
  }

  @Override
  public Stream<ClassTemplateInvocationContext> provideClassTemplateInvocationContexts(
      ExtensionContext context) {
    return rows(context).stream().map(Invocation::new);
  }

  /** A machine with one interpreter has no others. */
  @Override
  public boolean mayReturnZeroClassTemplateInvocationContexts(ExtensionContext context) {
    return true;
  }

  /** Whether whoever launched the suite has said which rows it has. */
  public static boolean areAssigned(ExtensionContext context) {
    return assignment(context).isPresent();
  }

  private static Optional<Assignment> assignment(ExtensionContext context) {
    return Optional.ofNullable(
        context
            .getStore(StoreScope.LAUNCHER_SESSION, Namespace.create(ASSIGNED))
            .get(ASSIGNED, Assignment.class));
  }

  private static List<Row> rows(ExtensionContext context) {
    Optional<Assignment> assigned = assignment(context);
    if (assigned.isPresent()) {
      return assigned.get().rows();
    }
    Class<?> suite = context.getRequiredTestClass();
    Backend backend = suite.getAnnotation(Backend.class);
    if (backend == null) {
      throw new IllegalStateException(
          suite.getName() + " says nothing of its backend; annotate it with @Backend(...)");
    }
    BackendUnderTest tested = ReflectionSupport.newInstance(backend.value());
    return of(tested, backend.pythons(), backend.beside() ? Place.BESIDE : Place.STANDARD);
  }

  /** One row for each of these interpreters, the standard one first. */
  public static List<Row> of(BackendUnderTest backend, Pythons pythons) {
    return of(backend, pythons, Place.STANDARD);
  }

  private static List<Row> of(BackendUnderTest backend, Pythons pythons, Place ofTheStandard) {
    List<Row> rows = new ArrayList<>();
    int standard = Interpreters.standardVersion();
    if (pythons != Pythons.OLDER && pythons != Pythons.NEWER) {
      Place place =
          switch (pythons) {
            case STANDARD_WITHOUT_HEAVY, STANDARD_OR_ALL -> Place.LIGHT;
            case STANDARD_CORE -> Place.BETWEEN;
            default -> ofTheStandard;
          };
      rows.add(new Row(backend, Interpreters.name(standard), Interpreters.standard(), place));
    }
    NavigableMap<Integer, Path> all = new TreeMap<>(Interpreters.supported());
    for (Map.Entry<Integer, Path> other : all.entrySet()) {
      int version = other.getKey();
      boolean meant =
          switch (pythons) {
            case ALL -> version != standard;
            case OLDER -> version < standard;
            case NEWER -> version > standard;
            case STANDARD_OR_ALL -> version != standard && Tier.current() == Tier.FULL;
            case STANDARD, STANDARD_WITHOUT_HEAVY, STANDARD_CORE -> false;
          };
      if (meant) {
        boolean atAnEnd = version == all.firstKey() || version == all.lastKey();
        Place place = atAnEnd ? Place.OTHER : Place.BETWEEN;
        rows.add(new Row(backend, Interpreters.name(version), other.getValue(), place));
      }
    }
    if (pythons == Pythons.STANDARD_OR_ALL) {
      System.out.println(
          "rows "
              + rows.stream().map(Row::name).toList()
              + " in tier "
              + Tier.current().name().toLowerCase(Locale.ROOT)
              + "; every Python: "
              + Tier.FULL.command());
    }
    return rows;
  }

  private record Invocation(Row row) implements ClassTemplateInvocationContext {
    @Override
    public String getDisplayName(int index) {
      return row.name();
    }

    @Override
    public void prepareInvocation(ExtensionContext context) {
      row.enter(context);
    }

    @Override
    public List<Extension> getAdditionalExtensions() {
      TestInstancePostProcessor telling =
          (instance, context) -> {
            if (instance instanceof Suite suite) {
              suite.enter(row);
            }
          };
      return List.of(telling);
    }
  }
}
