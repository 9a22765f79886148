/** Tests of the project as a whole: its arrows, its specification, its README. */
@NullMarked
package dev.pyvisor.house;

import org.jspecify.annotations.NullMarked;
