/**
 * The client's own works: what is queued, what is open, what waits on whom. Not for use from
 * outside.
 */
@NullMarked
package dev.pyvisor.internal;

import org.jspecify.annotations.NullMarked;
