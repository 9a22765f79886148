/** Messages as lines on a stream, for both ends. */
@NullMarked
package dev.pyvisor.mcp.lines;

import org.jspecify.annotations.NullMarked;
