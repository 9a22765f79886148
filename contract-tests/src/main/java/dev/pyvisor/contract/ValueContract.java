package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.tool.Tool;
import java.math.BigInteger;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Values move between Java and Python as data; what has no plain form has a documented one. */
@OneBackend
@Needs(Capability.TYPED_VALUES)
public interface ValueContract extends RunnerContract {

  /** A record to be sent to Python. */
  record Due(String name, List<Integer> dates) {}

  /** An enum to be sent to Python. */
  enum Colour {
    /** The only constant. */
    RED
  }

  /** A set arrives as a set, not as a sorted list: supersedes that part of C27. */
  @Test
  @Rule("C27")
  default void java_values_arrive_in_python_as_plain_data() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Map<String, Object> value = new LinkedHashMap<>();
      value.put("record", new Due("rfp", List.of(1, 2)));
      value.put("enum", Colour.RED);
      value.put("set", Set.of(3));
      value.put("bytes", new byte[] {0, (byte) 255});
      value.put("big", BigInteger.TEN.pow(400));
      value.put("nothing", null);
      value.put("when", LocalDateTime.of(2026, 1, 2, 3, 4, 5));
      session.set("value", value);
      Outcome outcome =
          session.execute(
              """
              print(value['record'], value['enum'], value['set'], value['bytes'])
              print(value['big'] == 10**400, value['nothing'], value['when'].isoformat())
              """);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText())
          .isEqualTo(
              "{'name': 'rfp', 'dates': [1, 2]} RED {3} b'\\x00\\xff'\n"
                  + "True None 2026-01-02T03:04:05\n");
    }
  }

  @Test
  @Rule("C27")
  default void a_java_object_without_a_form_is_refused_by_the_name_of_its_class() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Object noData = new Thread("not data");
      assertThatThrownBy(() -> session.set("value", noData))
          .hasMessageContaining("java.lang.Thread");
      assertThat(session.execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule({"C27", "W27"})
  default void any_python_value_comes_to_java_in_a_documented_form() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome defined = session.execute(Awkward.DEFINE);
      assertThat(defined.error()).isEmpty();
      for (Awkward awkward : Awkward.ALL) {
        Outcome outcome = session.execute(Cell.of(awkward.expression()).withValue());
        assertThat(outcome.ok()).as(awkward.expression()).isTrue();
        awkward.check(outcome.value().orElseThrow().asJava());
      }
      assertThat(session.execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule({"C27", "W15", "W28"})
  default void any_python_value_can_be_an_argument_of_a_tool() {
    AtomicReference<Object> received = new AtomicReference<>();
    Tool take =
        Tool.of(
            "take",
            (arguments, context) -> {
              received.set(arguments.positional().get(0));
              return null;
            });
    try (SupervisorClient client = open(take)) {
      Session session = client.session();
      session.execute(Awkward.DEFINE);
      for (Awkward awkward : Awkward.ALL) {
        Outcome outcome = session.execute("await take(" + awkward.expression() + ")");
        assertThat(outcome.error()).as(awkward.expression()).isEmpty();
        awkward.check(received.get());
      }
    }
  }

  @Test
  @Rule("C27")
  default void a_tools_result_without_a_form_is_a_clear_error_of_the_call() {
    Tool leak = Tool.named("leak").handler((arguments, context) -> new Thread("not data"));
    try (SupervisorClient client = open(leak)) {
      Outcome outcome =
          client
              .session()
              .execute("try:\n    await leak()\nexcept Exception as e:\n    print(e.message)");
      assertThat(outcome.stdoutText()).contains("java.lang.Thread");
      assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("C27")
  default void getting_a_name_that_is_not_defined_says_so() {
    try (SupervisorClient client = open()) {
      CallFailed failed =
          catchThrowableOfType(CallFailed.class, () -> client.session().get("missing_name"));
      assertThat(failed).hasMessageContaining("missing_name");
    }
  }

  @Test
  @Rule("C27")
  default void values_go_to_python_and_back_unchanged() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      for (Object value :
          List.of(
              List.of(1L, 2.5, "three", true),
              Map.of("a", List.of()),
              BigInteger.TWO.pow(64),
              "\u0000 \uD83D\uDE42 \u2028",
              Double.POSITIVE_INFINITY,
              Long.MIN_VALUE)) {
        session.set("value", value);
        assertThat(session.get("value").asJava()).isEqualTo(value);
      }
      session.set("value", new byte[] {1, 2, 3});
      assertThat(session.get("value").as(byte[].class)).containsExactly(1, 2, 3);
    }
  }

  @Test
  @Rule("W39")
  default void a_variable_is_data_and_never_a_line_of_source() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.set("nan", Double.NaN);
      session.set("inf", Double.NEGATIVE_INFINITY);
      session.set("day", LocalDate.of(2026, 1, 2));
      session.set("nested", Map.of("items", List.of(Double.NaN, LocalDate.of(2026, 1, 3))));
      session.set("quotes", "'\"\\\n");
      Outcome outcome =
          session.execute(
              """
              print(nan != nan, inf, day.isoformat(), nested['items'][0] != nested['items'][0],
                    nested['items'][1].isoformat(), quotes == chr(39) + chr(34) + chr(92) + chr(10))
              """);
      assertThat(outcome.stdoutText())
          .as(outcome::toString)
          .isEqualTo("True -inf 2026-01-02 True 2026-01-03 True\n");

      session.set("large", "x".repeat(5_000_000));
      PythonError error = session.execute("raise ValueError(len(large))").error().orElseThrow();
      assertThat(error.message()).isEqualTo("5000000");
      assertThat(error.frames().get(0).line()).isEqualTo(1);
    }
  }
}
