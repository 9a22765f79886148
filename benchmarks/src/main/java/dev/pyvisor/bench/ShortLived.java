package dev.pyvisor.bench;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stands for a subject that is started and closed in each operation.
 *
 * <p>Thread-safe: by an atomic reference.
 */
final class ShortLived<T extends Subject> implements Subject {
  private final AtomicReference<@Nullable T> current = new AtomicReference<>();

  /** From now on, aborting this aborts {@code subject}. */
  T hold(T subject) {
    current.set(subject);
    return subject;
  }

  @Override
  public void abort() {
    T subject = current.get();
    if (subject != null) {
      subject.abort();
    }
  }

  @Override
  public void close() {
    current.set(null);
  }
}
