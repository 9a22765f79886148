/**
 * The rows of the matrix, one backend with some Pythons or in a sandbox each: the contracts, and
 * nothing else. They are the longest classes, and this package sorts behind most others, so that
 * they start early.
 */
@NullMarked
package dev.pyvisor.rows;

import org.jspecify.annotations.NullMarked;
