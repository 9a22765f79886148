/**
 * Is the large-message wedge real? Broken ways to talk to a child process, and ours beside them.
 */
@NullMarked
package dev.pyvisor.bench.wedge;

import org.jspecify.annotations.NullMarked;
