package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A Python expression whose value has no plain JSON form, and what Java must receive.
 *
 * <p>Immutable.
 */
record Awkward(String expression, Consumer<@Nullable Object> expected) {
  static final String DEFINE =
      """
      import datetime, functools
      class Own:
          def __repr__(self): return '<own>'
      class Hostile:
          def __repr__(self): raise RuntimeError('no repr')
          def __getattr__(self, name): raise RuntimeError(name)
      class Lying(dict):
          def items(self): raise RuntimeError('no items')
      cyclic = []
      cyclic.append(cyclic)
      deep = []
      for _ in range(100_000): deep = [deep]
      """;

  static final List<Awkward> ALL =
      List.of(
          new Awkward("lambda x: x", opaque("function", "lambda")),
          new Awkward("Own()", opaque("Own", "<own>")),
          new Awkward("Hostile()", form("opaque")),
          new Awkward("Lying(a=1)", value -> assertThat(value).isNotNull()),
          new Awkward("float('nan')", equal(Double.NaN)),
          new Awkward("-float('inf')", equal(Double.NEGATIVE_INFINITY)),
          new Awkward("{(1, 2): 'x'}", equal(Map.of(List.of(1L, 2L), "x"))),
          new Awkward("b'\\x00\\xff'", value -> assertThat((byte[]) value).containsExactly(0, 255)),
          new Awkward("{3, 1, 2}", equal(Set.of(1L, 2L, 3L))),
          new Awkward("(1, (2, 3))", equal(List.of(1L, List.of(2L, 3L)))),
          new Awkward(
              "datetime.datetime(2026, 1, 2, 3, 4, 5)",
              equal(LocalDateTime.of(2026, 1, 2, 3, 4, 5))),
          new Awkward(
              "datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)",
              equal(OffsetDateTime.parse("2026-01-02T03:04:05Z"))),
          new Awkward("10**400", equal(BigInteger.TEN.pow(400))),
          new Awkward(
              "-(2**63) - 1", equal(BigInteger.valueOf(Long.MIN_VALUE).subtract(BigInteger.ONE))),
          new Awkward("'a\\udcffb'", equal("a\udcffb")),
          new Awkward("ValueError('bad', 1)", form("exception")),
          new Awkward("cyclic", value -> assertThat(value).isInstanceOf(List.class)),
          new Awkward("deep", value -> assertThat(value).isInstanceOf(List.class)),
          new Awkward(
              "{'$py': 'tuple'}", value -> assertThat(value).isEqualTo(Map.of("$py", "tuple"))));

  void check(@Nullable Object value) {
    try {
      expected.accept(value);
    } catch (AssertionError wrong) {
      throw new AssertionError(expression + " came as " + value + ": " + wrong.getMessage(), wrong);
    }
  }

  private static Consumer<@Nullable Object> equal(Object wanted) {
    return value -> assertThat(value).isEqualTo(wanted);
  }

  private static Consumer<@Nullable Object> form(String form) {
    return value ->
        assertThat(value)
            .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
            .containsEntry("$py", form);
  }

  private static Consumer<@Nullable Object> opaque(String type, String repr) {
    return form("opaque")
        .andThen(
            value -> {
              Map<?, ?> map = (Map<?, ?>) value;
              assertThat((String) map.get("type")).contains(type);
              assertThat((String) map.get("repr")).contains(repr);
            });
  }
}
