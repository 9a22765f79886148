/**
 * Pyvisor and the Model Context Protocol: sessions as an MCP server's tools, and any MCP server's
 * tools as host tools. What is here and in no other module knows the types of the SDK.
 */
@NullMarked
package dev.pyvisor.mcp;

import org.jspecify.annotations.NullMarked;
