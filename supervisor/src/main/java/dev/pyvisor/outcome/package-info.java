/**
 * What became of a cell: its output, its value or error, and what is left of the session's state.
 */
@NullMarked
package dev.pyvisor.outcome;

import org.jspecify.annotations.NullMarked;
