package dev.pyvisor.contract;

import dev.pyvisor.Defaults;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.backend.Rows;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Keeps the rows' figures apart: those of the standard interpreter are kept, under the backend's
 * name where it is not the usual one; other rows only print theirs.
 *
 * <p>Thread-safe: its state is that of {@link Evidence}.
 */
final class Figures implements BeforeEachCallback, AfterEachCallback {

  @Override
  public void beforeEach(ExtensionContext context) {
    Row.of(context)
        .ifPresent(
            row -> Evidence.label(Rows.areAssigned(context) ? Optional.empty() : label(row)));
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Evidence.label(Optional.of(""));
  }

  /** Behind the names of what a row has measured; empty where it is only printed. */
  static Optional<String> label(Row row) {
    if (row.place() != Row.Place.STANDARD && row.place() != Row.Place.BESIDE) {
      return Optional.empty();
    }
    String backend = row.backend().label();
    return Optional.of(backend.equals(Defaults.BACKEND) ? "" : ", over " + backend);
  }
}
