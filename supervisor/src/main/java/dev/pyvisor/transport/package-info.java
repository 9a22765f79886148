/**
 * What a backend implements: how frames get to a runner and back. A transport knows no JSON, no
 * tools and no sessions.
 */
@NullMarked
package dev.pyvisor.transport;

import org.jspecify.annotations.NullMarked;
