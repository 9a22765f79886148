package dev.pyvisor.tool;

import java.util.Optional;

/**
 * A parameter of a tool, as Python sees it.
 *
 * <p>Immutable.
 *
 * @param name its name
 * @param description what it is for; may be empty
 * @param required whether it must be given
 * @param defaultJson its default as a document (PROTOCOL.md section 9), where it is not required
 * @param schemaJson its JSON schema
 */
public record ToolParameter(
    String name,
    String description,
    boolean required,
    Optional<String> defaultJson,
    String schemaJson) {}
