/**
 * What every agent framework's adapter needs, with no type of any framework: tools whose arguments
 * are checked by their JSON schema, who may call a tool, and outcomes as a model reads them.
 */
@NullMarked
package dev.pyvisor.agent;

import org.jspecify.annotations.NullMarked;
