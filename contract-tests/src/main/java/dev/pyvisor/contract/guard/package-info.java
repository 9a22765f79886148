/** What stands around every test: nothing is left behind, and a hang leaves its evidence. */
@NullMarked
package dev.pyvisor.contract.guard;

import org.jspecify.annotations.NullMarked;
