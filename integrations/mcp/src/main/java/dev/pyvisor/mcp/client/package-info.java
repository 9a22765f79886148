/** The MCP client: a server's process, and its tools as host tools. */
@NullMarked
package dev.pyvisor.mcp.client;

import org.jspecify.annotations.NullMarked;
