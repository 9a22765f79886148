/**
 * What a client and its runner look like when something hangs: one folder a report, written without
 * waiting for what it reports on.
 */
@NullMarked
package dev.pyvisor.diagnosis;

import org.jspecify.annotations.NullMarked;
