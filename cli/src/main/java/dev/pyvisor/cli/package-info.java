/** The command {@code pyvisor}. */
@NullMarked
package dev.pyvisor.cli;

import org.jspecify.annotations.NullMarked;
