/** Conditions that tests run under: busy machines, tiny pipes, other interpreters; and figures. */
@NullMarked
package dev.pyvisor.contract.load;

import org.jspecify.annotations.NullMarked;
