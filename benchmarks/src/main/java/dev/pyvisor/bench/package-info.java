/** Side-by-side figures: what Pyvisor costs beside a bare pipe and beside other ways. */
@NullMarked
package dev.pyvisor.bench;

import org.jspecify.annotations.NullMarked;
