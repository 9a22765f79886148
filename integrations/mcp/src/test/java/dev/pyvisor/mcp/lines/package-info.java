/** Lines on a stream. */
@NullMarked
package dev.pyvisor.mcp.lines;

import org.jspecify.annotations.NullMarked;
