/**
 * A runner as a process of this machine: how it is started, who touches its streams, how it is
 * ended and what is swept up behind it. What is said over the streams is a backend's own.
 */
@NullMarked
package dev.pyvisor.transport.process;

import org.jspecify.annotations.NullMarked;
