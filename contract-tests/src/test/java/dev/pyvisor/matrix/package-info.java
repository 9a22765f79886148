/** What only one backend, launcher or kind of host can show, beside the contracts. */
@NullMarked
package dev.pyvisor.matrix;

import org.jspecify.annotations.NullMarked;
