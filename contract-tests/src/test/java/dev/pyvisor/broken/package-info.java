/** Transports that break the wire, which the contracts must catch. */
@NullMarked
package dev.pyvisor.broken;

import org.jspecify.annotations.NullMarked;
