package dev.pyvisor.outcome;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where code could not be compiled. Numbers count from 1.
 *
 * <p>Immutable.
 */
public record SyntaxLocation(
    int line,
    OptionalInt column,
    OptionalInt endLine,
    OptionalInt endColumn,
    Optional<String> text) {}
