package dev.pyvisor.outcome;

import java.util.Optional;

/**
 * One line of a Python traceback.
 *
 * <p>Immutable.
 */
public record PythonFrame(String file, int line, String function, Optional<String> source) {}
