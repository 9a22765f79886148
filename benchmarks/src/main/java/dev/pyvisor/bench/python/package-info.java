/** The bare Python processes that measurements run against, and the machine under them. */
@NullMarked
package dev.pyvisor.bench.python;

import org.jspecify.annotations.NullMarked;
