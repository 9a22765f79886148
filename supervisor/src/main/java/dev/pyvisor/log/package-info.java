/**
 * What a client does, told while it does it: to a file for programs, with nothing secret in it, and
 * to people who watch.
 */
@NullMarked
package dev.pyvisor.log;

import org.jspecify.annotations.NullMarked;
