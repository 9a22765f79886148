/**
 * What can go wrong outside a cell: one sealed tree, each leaf saying whether the request was
 * delivered.
 */
@NullMarked
package dev.pyvisor.error;

import org.jspecify.annotations.NullMarked;
