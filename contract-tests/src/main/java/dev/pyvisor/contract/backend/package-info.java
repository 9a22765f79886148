/** How a backend joins the suite: what it states, and the rows that it is held to. */
@NullMarked
package dev.pyvisor.contract.backend;

import org.jspecify.annotations.NullMarked;
