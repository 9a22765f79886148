package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Limits;
import java.math.BigInteger;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Documents are written by the guest: whatever they hold, they are read, and in bounded time. */
class DocumentReaderTest {

  @Test
  void plain_json_becomes_plain_java() {
    assertThat(read("[null,true,-1,9223372036854775807,1.5,'x',{'a':[]}]"))
        .isEqualTo(
            java.util.Arrays.asList(
                null, true, -1L, Long.MAX_VALUE, 1.5, "x", Map.of("a", List.of())));
    assertThat(read("18446744073709551616")).isEqualTo(BigInteger.TWO.pow(64));
  }

  @Test
  void a_form_that_is_unknown_or_broken_becomes_the_map_that_it_is() {
    for (String form :
        List.of(
            "{'$py':'martian','x':1}",
            "{'$py':'int'}",
            "{'$py':'int','hex':7}",
            "{'$py':'int','hex':'0x'}",
            "{'$py':'int','hex':'12'}",
            "{'$py':'int','hex':'0xzz'}",
            "{'$py':'int','hex':'0x-1'}",
            "{'$py':'float','value':'big'}",
            "{'$py':'str'}",
            "{'$py':'tuple'}",
            "{'$py':'tuple','items':{'a':1}}",
            "{'$py':'set','items':1}",
            "{'$py':'dict','items':[[1]]}",
            "{'$py':'dict','items':[1,2]}",
            "{'$py':'datetime','iso':'yesterday'}",
            "{'$py':'date','iso':'2026-02-31'}",
            "{'$py':'time','iso':'25:00'}",
            "{'$py':'timedelta','days':9223372036854775807,'seconds':0,'microseconds':0}",
            "{'$py':'timedelta','days':1}",
            "{'$py':'uuid','value':'x'}",
            "{'$py':'path','value':[1]}",
            "{'$py':'enum','type':'E'}",
            "{'$py':'object','fields':[1]}",
            "{'$py':['tuple']}")) {
      Object value = read(form);
      assertThat(value).as(form).isInstanceOf(Map.class);
      assertThat(((Map<?, ?>) value).get("$py")).as(form).isNotNull();
    }
  }

  @Test
  void an_attachment_that_is_not_there_is_never_fetched() {
    for (String index :
        List.of("1", "-1", "4294967296", "9999999999999999999999", "0.0", "'0'", "null")) {
      String form = "{'$py':'bytes','attachment':" + index + "}";
      assertThat(new DocumentReader(List.of(new byte[1])).read(form.replace('\'', '"')))
          .as(form)
          .isInstanceOf(Map.class);
      String array = "{'$py':'ndarray','dtype':'|u1','shape':[1],'attachment':" + index + "}";
      assertThat(read(array))
          .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
          .doesNotContainKey("data");
    }
  }

  @Test
  void an_escape_that_is_none_stays_as_it_is() {
    assertThat(read("{'$py':'str','escaped':'\\\\x \\\\u12 $1 \\\\'}"))
        .isEqualTo("\\x \\u12 $1 \\");
  }

  @Test
  void text_that_is_not_json_is_a_typed_error() {
    for (String text : List.of("", "{", "[1", "nope", "[1] [2]", "NaN")) {
      assertThatThrownBy(() -> new DocumentReader(List.of()).read(text))
          .as(text)
          .isInstanceOf(DocumentException.class);
    }
  }

  @Test
  @Rule("SES-12")
  void a_document_deeper_than_the_limit_is_a_typed_error() {
    String deep = "[".repeat(Limits.JSON_DEPTH + 1) + "]".repeat(Limits.JSON_DEPTH + 1);
    assertThatThrownBy(() -> read(deep)).isInstanceOf(DocumentException.class);
    String most = "[".repeat(Limits.JSON_DEPTH) + "]".repeat(Limits.JSON_DEPTH);
    assertThat(read(most)).isInstanceOf(List.class);
  }

  @Test
  void broken_forms_inside_one_another_cost_no_more_than_their_size() {
    String form = "1";
    for (int level = 0; level < 30; level++) {
      form = "{'$py':'dict','items':[[" + form + ",0],0]}";
    }
    String nested = form;
    assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> assertThat(read(nested)).isInstanceOf(Map.class));
  }

  @Test
  void keys_that_were_made_to_collide_do_not_hold_the_host_up() {
    StringBuilder dict = new StringBuilder("{'$py':'dict','items':[");
    StringBuilder set = new StringBuilder("{'$py':'set','items':[");
    int count = 50_000;
    for (int index = 0; index < count; index++) {
      // List.hashCode is 31 * (31 + a) + b: the same for all of these.
      String key = "[" + index + "," + 31 * (count - index) + "]";
      dict.append(index == 0 ? "" : ",").append('[').append(key).append(",1]");
      set.append(index == 0 ? "" : ",").append(key);
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(15),
        () -> {
          for (String text : List.of(dict.append("]}").toString(), set.append("]}").toString())) {
            Map<?, ?> map = (Map<?, ?>) read(text);
            assertThat((List<?>) map.get("items")).hasSize(count);
          }
        });
  }

  @Test
  void an_integer_of_a_million_digits_is_read_at_once() {
    String hex = "f".repeat(4_000_000);
    BigInteger expected = BigInteger.TWO.pow(16_000_000).subtract(BigInteger.ONE);
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> assertThat(read("{'$py':'int','hex':'0x" + hex + "'}").equals(expected)).isTrue());
  }

  @Test
  void a_decimal_too_large_to_reckon_with_stays_text() {
    for (String text :
        List.of("1E+2000000000", "1E-2000000000", "9".repeat(10_001), "NaN", "-Infinity")) {
      assertThat(read("{'$py':'decimal','value':'" + text + "'}")).isEqualTo(text);
    }
  }

  private static Object read(String json) {
    return java.util.Objects.requireNonNull(
        new DocumentReader(List.of()).read(json.replace('\'', '"')));
  }
}
