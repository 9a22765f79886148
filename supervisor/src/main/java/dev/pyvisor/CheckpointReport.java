package dev.pyvisor;

import dev.pyvisor.outcome.StateSource;
import java.util.Optional;

/**
 * A checkpoint that was made because it was asked for.
 *
 * <p>Immutable.
 *
 * @param name the name to roll back to
 * @param source {@link StateSource#CHECKPOINT} for a frozen copy of everything, {@link
 *     StateSource#SNAPSHOT} where only plain data could be kept
 * @param reason why it is only a snapshot
 * @param cell the last cell whose work is in it; 0 where none has run
 */
public record CheckpointReport(
    String name, StateSource source, Optional<String> reason, int cell) {}
