package dev.pyvisor.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.tool.Tool;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A tool that comes with a schema, called from Python. */
@ExtendWith({Census.class, HangReport.class})
class SchemaToolTest {
  private static final String SCHEMA =
      """
      {"type": "object", "required": ["to-stop", "seats"], "additionalProperties": false,
       "properties": {
         "to-stop": {"type": "string", "minLength": 3},
         "seats": {"type": "integer", "minimum": 1, "maximum": 9},
         "extras": {"type": "array", "items": {"enum": ["meal", "bag"]}},
         "when": {"$ref": "#/$defs/day"}},
       "$defs": {"day": {"type": "object", "required": ["day"], "properties": {"day": {"type": "integer"}}}}}""";

  private final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  private Tool booking() {
    return SchemaTool.of(
        "book/flight",
        "Books it.",
        SCHEMA,
        (arguments, context) -> {
          calls.add(arguments);
          return "booked";
        });
  }

  private Outcome run(String code) {
    try (SupervisorClient client = SupervisorClient.builder().trusted().tool(booking()).open()) {
      return client.session().execute(code);
    }
  }

  @Test
  void arguments_that_fit_reach_the_tool_as_json() {
    Outcome outcome =
        run(
            "print(await book_flight('BER', 2, extras=('bag',), when={'day': 3}), book_flight.__doc__)");
    assertThat(outcome.error()).isEmpty();
    assertThat(outcome.stdoutText()).startsWith("booked Books it.\n(The host's book/flight.)\n");
    assertThat(calls)
        .containsExactly(
            "{\"to-stop\":\"BER\",\"seats\":2,\"extras\":[\"bag\"],\"when\":{\"day\":3}}");
  }

  @Test
  void what_does_not_fit_is_told_place_by_place_and_nothing_is_called() {
    Outcome outcome =
        run("await book_flight('B', 20, extras=['bag', 'dog'], when={'day': 'monday'})");
    PythonError error = outcome.error().orElseThrow();
    assertThat(error.type()).isEqualTo("ToolError");
    assertThat(error.message())
        .contains("book_flight(): the arguments do not fit, and it was not called:")
        .contains("to-stop: ")
        .contains("seats: ")
        .contains("extras.1: ")
        .contains("when.day: ");
    assertThat(calls).isEmpty();
  }

  @Test
  void the_model_repairs_it_in_the_same_cell() {
    Outcome outcome =
        run(
            """
            try:
                await book_flight('BER', 'two')
            except Exception as e:
                print(type(e).__name__, e.data)
                print(await book_flight('BER', 2))
            """);
    assertThat(outcome.stdoutText())
        .startsWith("ToolError ['seats: ")
        .contains("integer")
        .endsWith("\nbooked\n");
  }

  @Test
  void only_ten_places_are_told() {
    Outcome outcome = run("await book_flight('BER', 2, extras=list('abcdefghijkl'))");
    assertThat(outcome.error().orElseThrow().message())
        .contains("extras.9: ")
        .doesNotContain("extras.10")
        .endsWith("and 2 more");
  }

  @Test
  void a_schema_that_refers_to_another_is_refused_and_nothing_is_fetched() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String elsewhere = "http://127.0.0.1:" + server.getLocalPort() + "/schema.json";
      assertThatThrownBy(
              () ->
                  SchemaTool.of(
                      "t",
                      "",
                      "{\"properties\": {\"a\": {\"$ref\": \"" + elsewhere + "\"}}}",
                      (arguments, context) -> null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("t(): the schema cannot be checked by")
          .hasMessageContaining(elsewhere);
      // Whoever had dialled would be in the queue by now.
      server.setSoTimeout(1);
      assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void what_is_no_schema_is_refused() {
    for (String odd : List.of("{", "[]", "{\"type\": \"array\"}")) {
      assertThatThrownBy(() -> SchemaTool.of("t", "", odd, (arguments, context) -> null))
          .as(odd)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("t(): the schema");
    }
  }
}
