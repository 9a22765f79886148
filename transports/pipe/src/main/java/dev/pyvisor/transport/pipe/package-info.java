/**
 * The backend {@code pipe}: a runner as a child process of this one, frames over its standard
 * streams.
 */
@NullMarked
package dev.pyvisor.transport.pipe;

import org.jspecify.annotations.NullMarked;
