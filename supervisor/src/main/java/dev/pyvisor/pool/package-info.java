/** Runners that are started before they are needed, and lent to one user at a time. */
@NullMarked
package dev.pyvisor.pool;

import org.jspecify.annotations.NullMarked;
