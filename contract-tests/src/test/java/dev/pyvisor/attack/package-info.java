/** Hostile programs, and what becomes of them under each launcher. */
@NullMarked
package dev.pyvisor.attack;

import org.jspecify.annotations.NullMarked;
