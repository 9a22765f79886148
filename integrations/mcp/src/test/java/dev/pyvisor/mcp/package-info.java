/** Pyvisor behind MCP, as its clients see it. */
@NullMarked
package dev.pyvisor.mcp;

import org.jspecify.annotations.NullMarked;
