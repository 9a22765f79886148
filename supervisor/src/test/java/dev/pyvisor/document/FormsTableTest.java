package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.pyvisor.testing.Protocol;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Json;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every row of PROTOCOL.md's table of forms, in each direction that it has. */
class FormsTableTest {
  private static final byte[] BYTES = {0, (byte) 255};

  /**
   * A form, what it is in Java, and what of Java's has it as its form (null: nothing has).
   *
   * <p>Immutable.
   */
  private record Row(String json, Object java, @Nullable Object written) {
    String form() {
      return Json.MAPPER.readTree(json).get("$py").stringValue();
    }
  }

  private static final List<Row> ROWS =
      List.of(
          both(
              "{'$py':'int','hex':'0xffffffffffffffffff'}",
              BigInteger.TWO.pow(72).subtract(BigInteger.ONE)),
          both(
              "{'$py':'int','hex':'-0x8000000000000001'}",
              BigInteger.valueOf(Long.MIN_VALUE).subtract(BigInteger.ONE)),
          both("{'$py':'float','value':'nan'}", Double.NaN),
          both("{'$py':'float','value':'inf'}", Double.POSITIVE_INFINITY),
          both("{'$py':'float','value':'-inf'}", Double.NEGATIVE_INFINITY),
          both("{'$py':'str','escaped':'a\\\\udcff\\\\\\\\b'}", "a\udcff\\b"),
          both("{'$py':'bytes','attachment':0}", BYTES),
          read("{'$py':'bytes','attachment':0,'type':'bytearray'}", BYTES),
          read("{'$py':'tuple','items':[1,[2]]}", List.of(1L, List.of(2L))),
          both("{'$py':'set','items':[1]}", Set.of(1L)),
          read("{'$py':'set','items':[1],'frozen':true}", Set.of(1L)),
          both("{'$py':'dict','items':[[[1],null]]}", pair(List.of(1L), null)),
          both("{'$py':'dict','items':[['$py','x']]}", Map.of("$py", "x")),
          read(
              "{'$py':'complex','real':1.5,'imag':{'$py':'float','value':'inf'}}",
              Map.of("$py", "complex", "real", 1.5, "imag", Double.POSITIVE_INFINITY)),
          both("{'$py':'decimal','value':'1.50'}", new BigDecimal("1.50")),
          read("{'$py':'decimal','value':'sNaN'}", "sNaN"),
          read(
              "{'$py':'fraction','numerator':1,'denominator':3}",
              Map.of("$py", "fraction", "numerator", 1L, "denominator", 3L)),
          both(
              "{'$py':'datetime','iso':'2026-01-02T03:04:05+00:00'}",
              OffsetDateTime.parse("2026-01-02T03:04:05Z")),
          new Row(
              json(
                  "{'$py':'datetime','iso':'2026-01-02T03:04:05.000006+01:00','zone':'Europe/Paris'}"),
              OffsetDateTime.parse("2026-01-02T03:04:05.000006+01:00"),
              OffsetDateTime.parse("2026-01-02T03:04:05.000006789+01:00")
                  .atZoneSameInstant(java.time.ZoneId.of("Europe/Paris"))),
          both(
              "{'$py':'datetime','iso':'2026-01-02T03:04:00'}", LocalDateTime.of(2026, 1, 2, 3, 4)),
          both("{'$py':'date','iso':'2026-01-02'}", LocalDate.of(2026, 1, 2)),
          both("{'$py':'time','iso':'03:04:00'}", LocalTime.of(3, 4)),
          both(
              "{'$py':'time','iso':'03:04:00-02:30'}",
              OffsetTime.of(3, 4, 0, 0, ZoneOffset.ofHoursMinutes(-2, -30))),
          both(
              "{'$py':'timedelta','days':-1,'seconds':86399,'microseconds':500000}",
              Duration.ofMillis(-500)),
          both("{'$py':'uuid','value':'00000000-0000-0001-0000-000000000002'}", new UUID(1, 2)),
          new Row(json("{'$py':'path','value':'/tmp/x'}"), "/tmp/x", Path.of("/tmp/x")),
          read("{'$py':'enum','type':'app.Colour','name':'RED','value':7}", 7L),
          read("{'$py':'object','type':'app.Point','fields':{'x':1}}", Map.of("x", 1L)),
          read(
              "{'$py':'ndarray','dtype':'|u1','shape':[2],'attachment':0}",
              Map.of("$py", "ndarray", "dtype", "|u1", "shape", List.of(2L), "data", BYTES)),
          read(
              "{'$py':'exception','type':'ValueError','message':'bad','args':['bad']}",
              Map.of(
                  "$py",
                  "exception",
                  "type",
                  "ValueError",
                  "message",
                  "bad",
                  "args",
                  List.of("bad"))),
          read(
              "{'$py':'opaque','type':'function','repr':'<f>'}",
              Map.of("$py", "opaque", "type", "function", "repr", "<f>")),
          read("{'$py':'cycle','type':'list'}", Map.of("$py", "cycle", "type", "list")),
          read(
              "{'$py':'cut','type':'list','reason':'depth'}",
              Map.of("$py", "cut", "type", "list", "reason", "depth")));

  @TestFactory
  @Rule("SES-9")
  Stream<DynamicTest> a_form_becomes_its_java_value() {
    return ROWS.stream()
        .map(
            row ->
                dynamicTest(
                    row.json(),
                    () ->
                        assertThat(new DocumentReader(List.of(BYTES)).read(row.json()))
                            .usingRecursiveComparison()
                            .withEqualsForType(Double::equals, Double.class)
                            .isEqualTo(row.java())));
  }

  @TestFactory
  Stream<DynamicTest> a_java_value_becomes_its_form() {
    return ROWS.stream()
        .filter(row -> row.written() != null)
        .map(
            row ->
                dynamicTest(
                    row.json(),
                    () -> {
                      Document document = DocumentWriter.write(row.written());
                      assertThat(Json.MAPPER.readTree(document.json()))
                          .isEqualTo(Json.MAPPER.readTree(row.json()));
                      if (row.form().equals("bytes")) {
                        assertThat(document.attachments()).containsExactly(BYTES);
                      }
                    }));
  }

  @Test
  void no_row_of_the_table_is_forgotten() {
    List<String> documented = Protocol.table("forms").stream().map(row -> row.get(0)).toList();
    assertThat(ROWS.stream().map(Row::form).distinct())
        .containsExactlyInAnyOrderElementsOf(documented);
  }

  @Test
  void the_documented_example_is_read() {
    Object read = new DocumentReader(List.of()).read(Protocol.examples("json").get("document"));
    Map<Object, Object> expected = new LinkedHashMap<>();
    expected.put(List.of(1L, 2L), Double.NaN);
    expected.put("when", OffsetDateTime.parse("2026-01-02T03:04:05Z"));
    expected.put("big", BigInteger.TWO.pow(72).subtract(BigInteger.ONE));
    assertThat(read).isEqualTo(expected);
  }

  private static Row both(String json, Object java) {
    return new Row(json(json), java, java);
  }

  private static Row read(String json, Object java) {
    return new Row(json(json), java, null);
  }

  private static String json(String text) {
    return text.replace('\'', '"');
  }

  private static Map<Object, @Nullable Object> pair(Object key, @Nullable Object value) {
    Map<Object, @Nullable Object> map = new LinkedHashMap<>();
    map.put(new ArrayList<>((List<?>) key), value);
    return map;
  }
}
