package dev.pyvisor.tool;

import dev.pyvisor.wire.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A JSON schema as somebody wrote it.
 *
 * <p>Immutable.
 */
final class SchemaText {
  private SchemaText() {}

  /**
   * Reads it.
   *
   * @param name whose it is, for the error
   * @throws IllegalArgumentException when it is not JSON
   */
  static JsonNode read(String name, String json) {
    try {
      return Json.MAPPER.readTree(json);
    } catch (JacksonException problem) {
      throw new IllegalArgumentException(
          name + "(): the schema is not JSON: " + problem.getOriginalMessage(), problem);
    }
  }
}
