/** The parts of the server, each by itself. */
@NullMarked
package dev.pyvisor.mcp.server;

import org.jspecify.annotations.NullMarked;
