package dev.pyvisor;

import dev.pyvisor.outcome.StateReport;

/**
 * Another process has taken a session over.
 *
 * <p>Immutable.
 *
 * @param generation the number of the new kernel
 * @param reason one word: {@code crashed}, {@code timed_out}, {@code interrupted}, {@code
 *     rollback}, {@code reset} or {@code supervisor_died}
 * @param state what it has of the state of its predecessor
 */
public record GenerationChange(int generation, String reason, StateReport state) {}
