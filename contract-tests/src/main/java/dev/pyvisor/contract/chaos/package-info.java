/** A proxy that cuts connections where it is told to. */
@NullMarked
package dev.pyvisor.contract.chaos;

import org.jspecify.annotations.NullMarked;
