/** Other people's servers, as code sees their tools. */
@NullMarked
package dev.pyvisor.mcp.client;

import org.jspecify.annotations.NullMarked;
