/** The MCP server: its tools, and the transports that it is reached by. */
@NullMarked
package dev.pyvisor.mcp.server;

import org.jspecify.annotations.NullMarked;
