package dev.pyvisor.contract.backend;

import dev.pyvisor.SupervisorClient;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * One backend with one interpreter: a row of the matrix.
 *
 * <p>Immutable.
 *
 * @param version of the interpreter, for example {@code 3.11}
 * @param place what is left out
 */
public record Row(BackendUnderTest backend, String version, Path python, Place place) {
  /** The key of the report entry by which a run tells its listeners which row it is. */
  public static final String ENTRY = "pyvisor.contract.row";

  private static final Namespace HERE = Namespace.create(Row.class);

  /**
   * What is left out in the tier {@code wide}. In the tier {@code verify} every row but these of
   * the standard Python, the first two, is held to the core of that tier.
   */
  public enum Place {
    /** Nothing. */
    STANDARD,
    /** Nothing; in the tier {@code verify} what {@link OneBackend} is enough for, and no more. */
    BESIDE,
    /** What is {@link Heavy}. */
    LIGHT,
    /** What is heavy, and what is of the {@link HostSide}. */
    OTHER,
    /** The same, and what is not {@link Core}; in the tier {@code verify} more of that, too. */
    BETWEEN
  }

  /** The row that a test belongs to; empty outside of a suite. */
  public static Optional<Row> of(ExtensionContext context) {
    return Optional.ofNullable(context.getStore(HERE).get(Row.class, Row.class));
  }

  void enter(ExtensionContext context) {
    context.getStore(HERE).put(Row.class, this);
    context.publishReportEntry(ENTRY, name());
  }

  /** A new builder for a client of this row. */
  public SupervisorClient.Builder client() {
    return backend.client(python);
  }

  /** {@code pipe, Python 3.11}. */
  public String name() {
    return backend.label() + ", Python " + version;
  }
}
