/** A proxy that cuts, slows and holds up connections, or loses messages, where it is told to. */
@NullMarked
package dev.pyvisor.contract.chaos;

import org.jspecify.annotations.NullMarked;
