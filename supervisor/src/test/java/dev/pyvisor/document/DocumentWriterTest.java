package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Limits;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;

class DocumentWriterTest {
  enum Colour {
    RED {
      @Override
      public String toString() {
        return "not this";
      }
    }
  }

  private record Hidden(int a, List<Colour> colours) {}

  record Empty() {}

  record Failing() {
    public int value() {
      throw new IllegalStateException("no value");
    }
  }

  record Throwing(int value) {
    @Override
    public int value() {
      throw new IllegalStateException("no value");
    }
  }

  /** A bean as frameworks have them. */
  public static final class Bean {
    private String name = "n";
    private boolean open = true;

    public String getName() {
      return name;
    }

    public void setName(String name) {
      this.name = name;
    }

    public boolean isOpen() {
      return open;
    }

    public void setOpen(boolean open) {
      this.open = open;
    }
  }

  /** Has a getter, but is no bean: it must not leak. */
  public static final class Service {
    public String getPassword() {
      return "secret";
    }
  }

  @Test
  void plain_values_are_plain_json() {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    map.put("a", null);
    map.put("b", (byte) 1);
    map.put("c", 'x');
    map.put("d", new StringBuilder("text"));
    assertThat(json(Arrays.asList(1, 2L, (short) 3, 1.5, true, null, new AtomicLong(4), map)))
        .isEqualTo("[1,2,3,1.5,true,null,4,{\"a\":null,\"b\":1,\"c\":\"x\",\"d\":\"text\"}]");
  }

  @Test
  void a_float_is_the_number_that_it_shows() {
    assertThat(json(0.1f)).isEqualTo("0.1");
    assertThat(json(-0.0)).isEqualTo("-0.0");
    assertThat(json(1e300)).isEqualTo("1.0E300");
  }

  @Test
  void records_beans_enums_optionals_and_arrays_are_written_naturally() {
    assertThat(json(new Hidden(1, List.of(Colour.RED))))
        .isEqualTo("{\"a\":1,\"colours\":[\"RED\"]}");
    assertThat(json(new Empty())).isEqualTo("{}");
    assertThat(json(new Failing())).isEqualTo("{}");
    assertThat(json(new Bean())).isEqualTo("{\"name\":\"n\",\"open\":true}");
    assertThat(json(Optional.of(1))).isEqualTo("1");
    assertThat(json(Optional.empty())).isEqualTo("null");
    assertThat(json(OptionalInt.of(3))).isEqualTo("3");
    assertThat(json(new int[][] {{1}, {}})).isEqualTo("[[1],[]]");
    assertThat(json(new String[] {"a", null})).isEqualTo("[\"a\",null]");
    assertThat(json("chars".toCharArray())).isEqualTo("\"chars\"");
    assertThat(json(Stream.of(1, "two"))).isEqualTo("[1,\"two\"]");
    assertThat(json(IntStream.range(0, 3))).isEqualTo("[0,1,2]");
    assertThat(json(JsonNodeFactory.instance.objectNode().put("a", 1))).isEqualTo("{\"a\":1}");
  }

  @Test
  void moments_are_written_as_python_reads_them_cut_at_a_microsecond() {
    assertThat(json(Instant.parse("2026-01-02T03:04:05.123456789Z")))
        .isEqualTo("{\"$py\":\"datetime\",\"iso\":\"2026-01-02T03:04:05.123456+00:00\"}");
    assertThatThrownBy(() -> DocumentWriter.write(Instant.MAX))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining("9999");
    assertThatThrownBy(() -> DocumentWriter.write(LocalDate.of(10_000, 1, 1)))
        .isInstanceOf(DocumentException.class);
    assertThatThrownBy(() -> DocumentWriter.write(Duration.ofSeconds(Long.MAX_VALUE)))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining("days");
  }

  @Test
  void an_object_without_a_form_is_refused_by_the_name_of_its_class() {
    for (Object value :
        List.of(
            new Object(),
            new Thread("t"),
            new Service(),
            System.out,
            Colour.class,
            (Runnable) () -> {})) {
      assertThatThrownBy(() -> DocumentWriter.write(List.of(value)))
          .isInstanceOf(DocumentException.class)
          .hasMessageContaining(value.getClass().getName())
          .hasMessageContaining("record");
    }
  }

  @Test
  void an_accessor_that_throws_is_named() {
    assertThatThrownBy(() -> DocumentWriter.write(new Throwing(1)))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining("value of " + Throwing.class.getName())
        .hasMessageContaining("no value");
  }

  @Test
  void a_value_inside_itself_is_refused() {
    List<Object> cycle = new ArrayList<>();
    cycle.add(cycle);
    Map<Object, Object> map = new LinkedHashMap<>();
    map.put("again", map);
    Optional<Object> nested = Optional.empty();
    for (int level = 0; level < 100_000; level++) {
      nested = Optional.of(nested);
    }
    for (Object value : List.of(cycle, nested)) {
      assertThatThrownBy(() -> DocumentWriter.write(value))
          .isInstanceOf(DocumentException.class)
          .hasMessageContaining("nested deeper");
    }
    assertThatThrownBy(() -> DocumentWriter.write(map)).isInstanceOf(DocumentException.class);
  }

  @Test
  @Rule("SES-12")
  void whatever_is_written_can_be_read_as_a_result() {
    Object deep = "x";
    for (int level = 0; level < Limits.JSON_DEPTH - 4; level++) {
      deep = List.of(deep);
    }
    String envelope = "{\"error\":{\"data\":{\"data\":" + json(deep) + "}}}";
    assertThat(new DocumentReader(List.of()).read(envelope)).isNotNull();
    Object deeper = List.of(deep);
    assertThatThrownBy(() -> DocumentWriter.write(deeper)).isInstanceOf(DocumentException.class);
  }

  @Test
  void a_stream_without_an_end_is_refused_when_a_message_is_full() {
    assertThatThrownBy(() -> DocumentWriter.write(Stream.generate(() -> "x".repeat(1000))))
        .isInstanceOfSatisfying(
            DocumentException.class,
            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.MESSAGE_TOO_LARGE));
  }

  @Test
  void byte_arrays_beyond_the_size_or_number_of_a_message_are_refused() {
    byte[] large = new byte[Limits.MESSAGE / 2];
    assertThatThrownBy(() -> DocumentWriter.write(List.of(large, large, large)))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining(String.valueOf(Limits.MESSAGE));
    List<byte[]> many = Collections.nCopies(Limits.ATTACHMENTS, new byte[0]);
    assertThatThrownBy(() -> DocumentWriter.write(many))
        .isInstanceOf(DocumentException.class)
        .hasMessageContaining("1023");
  }

  @Test
  void bytes_are_taken_as_they_are_when_they_are_written() {
    byte[] bytes = {1};
    Document document = DocumentWriter.write(List.of(bytes, new byte[] {2}));
    bytes[0] = 9;
    assertThat(document.attachments()).containsExactly(new byte[] {1}, new byte[] {2});
    assertThat(text(document))
        .isEqualTo("[{\"$py\":\"bytes\",\"attachment\":0},{\"$py\":\"bytes\",\"attachment\":1}]");
  }

  @Test
  void a_list_that_fails_while_it_is_read_fails_with_its_own_error() {
    List<Integer> failing =
        new AbstractList<>() {
          @Override
          public Integer get(int index) {
            throw new IllegalStateException("gone");
          }

          @Override
          public int size() {
            return 2;
          }
        };
    assertThatThrownBy(() -> DocumentWriter.write(failing))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("gone");
  }

  @Test
  void odd_keys_need_the_form_of_a_dict() {
    assertThat(json(Map.of(1, "one"))).isEqualTo("{\"$py\":\"dict\",\"items\":[[1,\"one\"]]}");
    assertThat(json(Map.of("\ud800", 1)))
        .isEqualTo(
            "{\"$py\":\"dict\",\"items\":[[{\"$py\":\"str\",\"escaped\":\"\\\\ud800\"},1]]}");
    assertThat(json(Collections.singletonMap(null, 1)))
        .isEqualTo("{\"$py\":\"dict\",\"items\":[[null,1]]}");
  }

  private static String json(Object value) {
    return text(DocumentWriter.write(value));
  }

  private static String text(Document document) {
    return new String(document.json(), StandardCharsets.UTF_8);
  }
}
