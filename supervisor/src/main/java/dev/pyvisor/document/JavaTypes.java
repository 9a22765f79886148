package dev.pyvisor.document;

import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * Java's generic types, resolved, and the mapper that fills beans.
 *
 * <p>Immutable.
 */
final class JavaTypes {
  static final JsonMapper BEANS =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
          .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
          .build();

  private JavaTypes() {}

  static JavaType of(Type type) {
    return BEANS.constructType(type);
  }

  /** The type of a component, with the record's own type arguments in it. */
  static JavaType of(RecordComponent component, JavaType owner) {
    return BEANS
        .getTypeFactory()
        .resolveMemberType(component.getGenericType(), owner.getBindings());
  }
}
