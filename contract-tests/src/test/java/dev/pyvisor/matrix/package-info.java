/** The contracts against the pipe backend, under every condition, and what only it can show. */
@NullMarked
package dev.pyvisor.matrix;

import org.jspecify.annotations.NullMarked;
