/**
 * The backend {@code stdio}, deprecated: a child process that speaks the old line dialect. Towards
 * the client this package plays a runner, so nobody else has to know the dialect; docs/STDIO.md
 * states what is translated how, and when all of it goes.
 */
@NullMarked
package dev.pyvisor.transport.stdio;

import org.jspecify.annotations.NullMarked;
