/** Gathers what tests and benchmarks have measured into one page. */
@NullMarked
package dev.pyvisor.bench.evidence;

import org.jspecify.annotations.NullMarked;
