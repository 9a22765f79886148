/**
 * The rows of the matrix, one backend with some Pythons or in a sandbox each: the contracts, and
 * nothing else. They are the longest classes, and this package sorts last, so that they start
 * first.
 */
@NullMarked
package dev.pyvisor.rows;

import org.jspecify.annotations.NullMarked;
