/** Runs the suite without a build. */
@NullMarked
package dev.pyvisor.contract.run;

import org.jspecify.annotations.NullMarked;
