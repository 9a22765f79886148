package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PlainJsonTest {
  private static String json(Object value) {
    return PlainJson.text(Collections.singletonMap("v", value), "f(): argument ");
  }

  @Test
  void every_plain_value_has_the_form_that_everybody_knows() {
    Map<Object, String> forms = new LinkedHashMap<>();
    forms.put(true, "true");
    forms.put(7L, "7");
    forms.put(7, "7");
    forms.put(BigInteger.TEN.pow(30), "1" + "0".repeat(30));
    forms.put(new BigDecimal("1.50"), "1.50");
    forms.put(0.25, "0.25");
    forms.put("é\n", "\"é\\n\"");
    forms.put(new byte[] {0, (byte) 0xff}, "\"AP8=\"");
    forms.put(LocalDate.of(2026, 1, 2), "\"2026-01-02\"");
    forms.put(new UUID(0, 1), "\"00000000-0000-0000-0000-000000000001\"");
    forms.put(new LinkedHashSet<>(List.of(1L, 2L)), "[1,2]");
    forms.put(List.of(Map.of(1L, List.of())), "[{\"1\":[]}]");
    forms.forEach((value, form) -> assertThat(json(value)).isEqualTo("{\"v\":" + form + "}"));
    assertThat(json(null)).isEqualTo("{\"v\":null}");
  }

  @Test
  void a_number_without_a_form_is_refused_with_its_place() {
    assertThatThrownBy(() -> json(Map.of("a", List.of(1.0, Double.NaN))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("f(): argument v.a[1] is NaN, which has no form in JSON; give a finite number");
  }
}
