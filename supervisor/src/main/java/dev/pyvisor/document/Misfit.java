package dev.pyvisor.document;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A value that does not fit the Java type wanted, and where in the whole it stands.
 *
 * <p>Confined to the converting thread.
 */
final class Misfit extends Exception {
  private static final long serialVersionUID = 1L;

  private final String wanted;
  private final String shown;
  private final transient Deque<String> path = new ArrayDeque<>();

  Misfit(String wanted, @Nullable Object value) {
    this(wanted, Shown.of(value), null);
  }

  Misfit(String wanted, String shown, @Nullable Throwable cause) {
    super(null, cause, false, false);
    this.wanted = wanted;
    this.shown = shown;
  }

  /** Adds the place on the way out: {@code [3]} or {@code .name}. */
  Misfit inside(String step) {
    path.addFirst(step);
    return this;
  }

  DocumentException named(String what) {
    return new DocumentException(
        what + String.join("", path) + " must be " + wanted + ", not " + shown, getCause());
  }
}
