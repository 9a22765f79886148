package dev.pyvisor.tool;

import dev.pyvisor.document.SchemaCheck;
import dev.pyvisor.document.Schemas;
import dev.pyvisor.wire.Json;
import java.lang.reflect.RecordComponent;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a submit function takes.
 *
 * <p>Immutable.
 *
 * @param schema of all fields as one object
 */
record Answer(ObjectNode schema) {
  static final Answer ANY = new Answer(JsonNodeFactory.instance.objectNode().put("type", "object"));

  /**
   * The components of a record.
   *
   * @throws IllegalArgumentException when no Python value can become one of them
   */
  static Answer of(String name, Class<? extends Record> type) {
    ObjectNode schema = (ObjectNode) Json.MAPPER.readTree(Schemas.exact(type, name + "()"));
    ObjectNode fields = (ObjectNode) schema.path("properties");
    for (RecordComponent component : type.getRecordComponents()) {
      Param about = component.getAnnotation(Param.class);
      Names.check(component.getName(), name + "(): the field");
      if (about != null && !about.description().isEmpty()) {
        ((ObjectNode) fields.path(component.getName())).put("description", about.description());
      }
    }
    return new Answer(schema);
  }

  /**
   * A schema as somebody wrote it.
   *
   * @throws IllegalArgumentException when it cannot be checked by
   */
  static Answer of(String name, String json) {
    JsonNode schema = SchemaText.read(name, json);
    SchemaCheck.ofObject(schema, name + "(): the schema");
    return new Answer((ObjectNode) schema);
  }
}
