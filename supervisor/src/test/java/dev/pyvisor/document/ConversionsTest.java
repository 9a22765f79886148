package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ConversionsTest {
  enum Colour {
    RED,
    GREEN
  }

  record Item(String name, int count, Optional<Colour> colour) {}

  record Page<T>(List<T> items, Map<String, T> byName) {}

  record Positive(int value) {
    Positive {
      if (value <= 0) {
        throw new IllegalArgumentException("value must be positive");
      }
    }
  }

  /** A bean that Jackson fills. */
  public static final class Bean {
    private String name = "";

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }
  }

  @SuppressWarnings("unused") // its fields are types for the tests
  private static final class Types {
    List<String> strings = List.of();
    Set<Integer> integers = Set.of();
    Map<String, Integer> counts = Map.of();
    Map<Integer, List<byte[]>> bytes = Map.of();
    Optional<LocalDate> date = Optional.empty();
    Page<Item> page = new Page<>(List.of(), Map.of());
    List<? extends Number> numbers = List.of();
    Page<Integer>[] pages = null;
  }

  @Test
  void integers_become_every_whole_type_within_its_range() {
    assertThat(to(127L, byte.class)).isEqualTo((byte) 127);
    assertThat(to(-32768L, Short.class)).isEqualTo((short) -32768);
    assertThat(to(7L, int.class)).isEqualTo(7);
    assertThat(to(7L, Long.class)).isEqualTo(7L);
    assertThat(to(7L, BigInteger.class)).isEqualTo(BigInteger.valueOf(7));
    assertThat(to(7L, Number.class)).isEqualTo(7L);
    assertThat(to(new BigDecimal("7.00"), int.class)).isEqualTo(7);
    assertThat(to(7L, double.class)).isEqualTo(7.0);
    assertThat(to(7L, float.class)).isEqualTo(7.0f);
    assertThat(to(7L, BigDecimal.class)).isEqualTo(BigDecimal.valueOf(7));
    assertThat(to(BigInteger.TWO.pow(80), BigInteger.class)).isEqualTo(BigInteger.TWO.pow(80));
  }

  @Test
  void a_number_beyond_its_type_or_of_another_kind_is_refused() {
    refused(128L, byte.class, "a must be an int from -128 to 127 (Java's byte), not 128");
    refused(1L << 31, int.class, "not 2147483648");
    refused(BigInteger.TWO.pow(64), long.class, "not 18446744073709551616");
    refused(2.0, int.class, "not 2.0");
    refused(true, int.class, "not True");
    refused("1", int.class, "not '1'");
    refused(1L, boolean.class, "a must be a bool (Java's boolean), not 1");
    refused("1.5", double.class, "not '1.5'");
    refused(BigInteger.TEN.pow(400), double.class, "a float");
    refused(1e300, float.class, "single precision");
    refused(Double.NaN, BigDecimal.class, "a finite number");
  }

  @Test
  void floats_and_decimals_keep_what_they_are() {
    assertThat(to(0.1, BigDecimal.class)).isEqualTo(new BigDecimal("0.1"));
    assertThat(to(Double.NaN, double.class)).isEqualTo(Double.NaN);
    assertThat(to(Double.POSITIVE_INFINITY, float.class)).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(to(new BigDecimal("1.5"), double.class)).isEqualTo(1.5);
  }

  @Test
  void text_becomes_the_types_that_have_a_text() {
    UUID uuid = UUID.fromString("00000000-0000-0001-0000-000000000002");
    assertThat(to("x", CharSequence.class)).isEqualTo("x");
    assertThat(to("x", char.class)).isEqualTo('x');
    assertThat(to("GREEN", Colour.class)).isEqualTo(Colour.GREEN);
    assertThat(to("/tmp/x", Path.class)).isEqualTo(Path.of("/tmp/x"));
    assertThat(to("https://example.org/", URI.class)).isEqualTo(URI.create("https://example.org/"));
    assertThat(to(uuid.toString(), UUID.class)).isEqualTo(uuid);
    assertThat(to(uuid, UUID.class)).isEqualTo(uuid);
    refused("xy", char.class, "one character");
    refused("BLUE", Colour.class, "a must be one of 'RED', 'GREEN' (Java's Colour), not 'BLUE'");
    refused(7L, String.class, "a must be a str (Java's String), not 7");
    refused("\0", Path.class, "a path");
    refused("x", UUID.class, "uuid");
  }

  @Test
  void times_come_as_objects_of_python_or_as_iso_text() {
    OffsetDateTime aware = OffsetDateTime.parse("2026-01-02T03:04:05+05:00");
    assertThat(to(aware, OffsetDateTime.class)).isEqualTo(aware);
    assertThat(to(aware, ZonedDateTime.class)).isEqualTo(aware.toZonedDateTime());
    assertThat(to(aware, Instant.class)).isEqualTo(aware.toInstant());
    assertThat(to("2026-01-02T03:04:05+05:00", Instant.class)).isEqualTo(aware.toInstant());
    assertThat(to("2026-01-02", LocalDate.class)).isEqualTo(LocalDate.of(2026, 1, 2));
    assertThat(to("03:04", LocalTime.class)).isEqualTo(LocalTime.of(3, 4));
    assertThat(to("03:04Z", OffsetTime.class)).isEqualTo(OffsetTime.parse("03:04Z"));
    assertThat(to("2026-01-02T03:04", LocalDateTime.class))
        .isEqualTo(LocalDateTime.of(2026, 1, 2, 3, 4));
    assertThat(to(Duration.ofDays(1), Duration.class)).isEqualTo(Duration.ofDays(1));
    assertThat(to("PT5S", Duration.class)).isEqualTo(Duration.ofSeconds(5));
    refused(aware, LocalDateTime.class, "a datetime without tzinfo");
    refused(LocalDateTime.MIN, Instant.class, "a datetime with tzinfo");
    refused("soon", LocalDate.class, "a datetime.date or its ISO text");
  }

  @Test
  void containers_take_their_items_as_declared() throws Exception {
    assertThat(to(List.of("a"), type("strings"))).isEqualTo(List.of("a"));
    assertThat(to(Arrays.asList("a", null), type("strings"))).isEqualTo(Arrays.asList("a", null));
    assertThat(to(List.of(1L, 1L), type("integers"))).isEqualTo(Set.of(1));
    assertThat(to(new LinkedHashSet<>(List.of(2L)), Collection.class)).isEqualTo(List.of(2L));
    assertThat(to(Map.of("a", 1L), type("counts"))).isEqualTo(Map.of("a", 1));
    assertThat(to(List.of(1L, 2.5), type("numbers"))).isEqualTo(List.of(1L, 2.5));
    byte[] bytes = {1};
    assertThat(to(Map.of(1L, List.of(bytes)), type("bytes"))).isEqualTo(Map.of(1, List.of(bytes)));
    assertThat(to(List.of(1L, 2L), int[].class)).isEqualTo(new int[] {1, 2});
    assertThat(to(List.of(List.of("a")), String[][].class)).isEqualTo(new String[][] {{"a"}});
    assertThat(to(List.of(), type("pages"))).isEqualTo(new Page<?>[0]);
  }

  @Test
  void an_item_that_does_not_fit_is_named_by_its_place() throws Exception {
    refused(List.of("a", 2L), type("strings"), "a[1] must be a str (Java's String), not 2");
    refused(Map.of("x", "y"), type("counts"), "a['x'] must be an int");
    refused(Map.of(1L, 1L), type("counts"), "a[1] must be a str");
    refused("abc", type("strings"), "a must be a list (Java's List<String>), not 'abc'");
    refused(List.of(), Map.class, "a must be a dict");
    refused(
        Map.of("items", List.of(Map.of("name", "x", "count", "y")), "byName", Map.of()),
        type("page"),
        "a.items[0].count must be an int");
  }

  @Test
  void records_are_made_by_their_own_constructor() throws Exception {
    Map<String, Object> item = Map.of("name", "x", "count", 2L);
    assertThat(to(item, Item.class)).isEqualTo(new Item("x", 2, Optional.empty()));
    assertThat(to(Map.of("name", "x", "count", 2L, "colour", "RED"), Item.class))
        .isEqualTo(new Item("x", 2, Optional.of(Colour.RED)));
    Item made = new Item("x", 2, Optional.empty());
    assertThat(to(Map.of("items", List.of(item), "byName", Map.of("k", item)), type("page")))
        .isEqualTo(new Page<>(List.of(made), Map.of("k", made)));
    refused(Map.of("name", "x"), Item.class, "not one without 'count'");
    refused(Map.of("name", "x", "count", 1L, "cuont", 2L), Item.class, "not one with 'cuont'");
    refused(List.of(), Item.class, "a must be a dict with name, count, colour");
    refused(Map.of("value", 0L), Positive.class, "value must be positive");
  }

  @Test
  void beans_are_filled_by_their_setters() {
    assertThat(to(Map.of("name", "x"), Bean.class))
        .isInstanceOfSatisfying(Bean.class, bean -> assertThat(bean.getName()).isEqualTo("x"));
    refused(Map.of("nmae", "x"), Bean.class, "nmae");
  }

  @Test
  void none_is_null_or_empty_and_no_primitive() throws Exception {
    assertThat(to(null, String.class)).isNull();
    assertThat(to(null, type("date"))).isEqualTo(Optional.empty());
    assertThat(to("2026-01-02", type("date"))).isEqualTo(Optional.of(LocalDate.of(2026, 1, 2)));
    assertThat(to(null, OptionalInt.class)).isEqualTo(OptionalInt.empty());
    assertThat(to(null, OptionalLong.class)).isEqualTo(OptionalLong.empty());
    assertThat(to(null, OptionalDouble.class)).isEqualTo(OptionalDouble.empty());
    assertThat(to(3L, OptionalInt.class)).isEqualTo(OptionalInt.of(3));
    refused(null, int.class, "not None");
  }

  @Test
  void any_object_is_left_as_it_is() {
    Map<String, Object> value = Map.of("x", List.of(1L));
    assertThat(to(value, Object.class)).isSameAs(value);
  }

  @Test
  void a_type_that_no_value_can_become_is_refused() {
    for (Class<?> type : List.of(Thread.class, Supplier.class, TreeMap.class, Iterable[].class)) {
      assertThatThrownBy(() -> Conversions.convert(List.of(1L), type, "a"))
          .isInstanceOf(DocumentException.class);
    }
  }

  private static @Nullable Object to(@Nullable Object value, Type type) {
    return Conversions.convert(value, type, "a");
  }

  private static void refused(@Nullable Object value, Type type, String message) {
    assertThatThrownBy(() -> to(value, type))
        .isInstanceOf(DocumentException.class)
        .hasMessageStartingWith("a")
        .hasMessageContaining(message);
  }

  private static Type type(String field) throws NoSuchFieldException {
    return Types.class.getDeclaredField(field).getGenericType();
  }
}
