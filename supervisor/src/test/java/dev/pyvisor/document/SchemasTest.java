package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class SchemasTest {
  enum Colour {
    RED,
    GREEN
  }

  record Node(String name, Optional<Colour> colour, List<Node> children) {}

  record Pair<T>(T first, T second) {}

  @SuppressWarnings("unused") // its fields are types for the tests
  private static final class Types {
    List<Integer> list = List.of();
    Set<String> set = Set.of();
    Map<String, List<Double>> map = Map.of();
    Optional<LocalDate> optional = Optional.empty();
    Pair<Colour> pair = new Pair<>(Colour.RED, Colour.RED);
    List<? extends Number> wildcard = List.of();
    Map<String, Queue<String>> queues = Map.of();
  }

  @Test
  void single_values_have_a_type_and_perhaps_a_format() {
    for (Class<?> type :
        List.of(int.class, Long.class, byte.class, BigInteger.class, OptionalInt.class)) {
      assertThat(schema(type)).isEqualTo("{'type':'integer'}");
    }
    for (Class<?> type : List.of(double.class, Float.class, BigDecimal.class, Number.class)) {
      assertThat(schema(type)).isEqualTo("{'type':'number'}");
    }
    assertThat(schema(boolean.class)).isEqualTo("{'type':'boolean'}");
    assertThat(schema(String.class)).isEqualTo("{'type':'string'}");
    assertThat(schema(byte[].class)).isEqualTo("{'type':'string','format':'binary'}");
    assertThat(schema(UUID.class)).isEqualTo("{'type':'string','format':'uuid'}");
    assertThat(schema(Instant.class)).isEqualTo("{'type':'string','format':'date-time'}");
    assertThat(schema(LocalTime.class)).isEqualTo("{'type':'string','format':'time'}");
    assertThat(schema(Duration.class)).isEqualTo("{'type':'string','format':'duration'}");
    assertThat(schema(Colour.class)).isEqualTo("{'type':'string','enum':['RED','GREEN']}");
    assertThat(schema(Object.class)).isEqualTo("{}");
  }

  @Test
  void containers_say_what_they_hold() throws Exception {
    assertThat(schema(type("list"))).isEqualTo("{'type':'array','items':{'type':'integer'}}");
    assertThat(schema(type("set")))
        .isEqualTo("{'type':'array','items':{'type':'string'},'uniqueItems':true}");
    assertThat(schema(type("map")))
        .isEqualTo(
            "{'type':'object','additionalProperties':{'type':'array','items':{'type':'number'}}}");
    assertThat(schema(type("optional"))).isEqualTo("{'type':'string','format':'date'}");
    assertThat(schema(type("wildcard"))).isEqualTo("{'type':'array','items':{'type':'number'}}");
    assertThat(schema(int[][].class))
        .isEqualTo("{'type':'array','items':{'type':'array','items':{'type':'integer'}}}");
    assertThat(schema(ArrayList.class)).isEqualTo("{'type':'array','items':{}}");
  }

  @Test
  void records_say_their_components_and_which_are_required() throws Exception {
    assertThat(schema(Node.class))
        .isEqualTo(
            "{'type':'object','properties':{'name':{'type':'string'},"
                + "'colour':{'type':'string','enum':['RED','GREEN']},"
                + "'children':{'type':'array','items':{'type':'object'}}},"
                + "'required':['name','children'],'additionalProperties':false}");
    assertThat(schema(type("pair"))).contains("'first':{'type':'string','enum':['RED','GREEN']}");
  }

  @Test
  void a_type_that_no_python_value_can_become_is_refused_by_name() throws Exception {
    for (Type type :
        List.of(Thread.class, Comparator.class, SortedMap.class, type("queues"), Void.class)) {
      assertThatThrownBy(() -> Schemas.of(type, "f(): parameter x"))
          .as(type.getTypeName())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("f(): parameter x is a java.")
          .hasMessageContaining("no Python value can become");
    }
  }

  private static String schema(Type type) {
    return Schemas.of(type, "x").replace('"', '\'');
  }

  private static Type type(String field) throws NoSuchFieldException {
    return Types.class.getDeclaredField(field).getGenericType();
  }
}
