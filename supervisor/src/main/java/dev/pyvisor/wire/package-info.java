/**
 * The wire as pure functions and small state machines: bytes in, frames and messages out. Nothing
 * here reads, writes, waits or starts a thread. docs/PROTOCOL.md is the law; names are the same as
 * in the runner.
 */
@NullMarked
package dev.pyvisor.wire;

import org.jspecify.annotations.NullMarked;
