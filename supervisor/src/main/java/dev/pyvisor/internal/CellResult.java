package dev.pyvisor.internal;

import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * The end of a cell: its outcome, and the exception for verbs that throw one where the connection
 * or this side was to blame.
 *
 * <p>Immutable.
 */
public record CellResult(Outcome outcome, @Nullable RunnerException failure) {}
