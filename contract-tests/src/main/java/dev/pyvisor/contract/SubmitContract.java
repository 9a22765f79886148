package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.outcome.Submission;
import dev.pyvisor.tool.Param;
import dev.pyvisor.tool.Tool;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A cell ends itself with an answer. */
@OneBackend
@Core(from = Tier.WIDE)
public interface SubmitContract extends RunnerContract {
  /** With any fields, and under the one name that every backend knows. */
  Tool SUBMIT = Tool.submit("SUBMIT").anyFields();

  /** What an item of a report is. */
  record Item(String name, int count) {}

  /** A typed answer. */
  record Report(
      @Param(description = "what was found") String title,
      List<Item> items,
      Optional<LocalDate> day,
      Map<String, Double> prices) {}

  @Test
  @Rule({"C43", "C45"})
  default void an_answer_ends_its_cell_and_the_session_goes_on() {
    try (SupervisorClient client = open(SUBMIT)) {
      Session session = client.session();
      Outcome outcome =
          session.execute("x = 1\nprint('so far')\nSUBMIT(answer='done', n=[x])\nx = 2");
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.SUBMITTED);
      assertThat(outcome.ok()).isTrue();
      Submission submission = outcome.submission().orElseThrow();
      assertThat(submission.answer().asJava())
          .isEqualTo(Map.of("answer", "done", "n", List.of(1L)));
      assertThat(submission.draft()).isFalse();
      assertThat(outcome.state().preserved()).isTrue();
      Outcome next = session.execute("print(x)");
      assertThat(next.stdoutText()).isEqualTo("1\n");
      assertThat(next.submission()).isEmpty();
    }
  }

  @Test
  @Rule({"C16", "C44"})
  default void a_draft_is_told_as_one_once_and_what_the_cell_started_stays() {
    try (SupervisorClient client = open(SUBMIT)) {
      Session session = client.session();
      Outcome draft =
          session.execute(Cell.of(ServiceContract.SERVICE + "SUBMIT(answer='draft')").asDraft());
      assertThat(draft.submission().map(Submission::draft)).as(draft.toString()).contains(true);
      assertThat(draft.submission().orElseThrow().answer().asJava())
          .isEqualTo(Map.of("answer", "draft"));
      assertThat(session.execute("print(ask())").stdoutText()).isEqualTo("alive\n");
      Outcome last = session.execute("SUBMIT(answer='confirmed')");
      assertThat(last.submission().map(Submission::draft)).contains(false);
      assertThat(last.submission().orElseThrow().answer().asJava())
          .isEqualTo(Map.of("answer", "confirmed"));
    }
  }

  @Test
  @Rule({"C47", "W41"})
  default void it_has_named_fields_only_and_no_handler_of_exceptions_loses_it() {
    try (SupervisorClient client = open(SUBMIT)) {
      Session session = client.session();
      Outcome positional = session.execute("SUBMIT('x')");
      assertThat(positional.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(positional.error().map(PythonError::type)).contains("TypeError");
      assertThat(positional.submission()).isEmpty();
      Outcome caught = session.execute("try:\n  SUBMIT(a=1)\nexcept Exception:\n  print('lost')");
      assertThat(caught.submission().orElseThrow().answer().asJava()).isEqualTo(Map.of("a", 1L));
    }
  }

  @Test
  @Rule({"C47", "W15", "W27"})
  @Needs(Capability.TYPED_VALUES)
  default void whatever_is_submitted_is_delivered() {
    try (SupervisorClient client = open(SUBMIT)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  class Foo: pass
                  SUBMIT(f=lambda: 1, foo=Foo(), pairs={(1, 2): 3}, raw=b'x' * 100_000)
                  """);
      Map<?, ?> answer = (Map<?, ?>) outcome.submission().orElseThrow().answer().asJava();
      assertThat(answer.keySet().stream().map(Object::toString))
          .containsExactly("f", "foo", "pairs", "raw");
      assertThat(((Map<?, ?>) answer.get("f")).get("$py")).isEqualTo("opaque");
      assertThat(answer.get("pairs")).isEqualTo(Map.of(List.of(1L, 2L), 3L));
      assertThat((byte[]) answer.get("raw")).hasSize(100_000);
    }
  }

  @Test
  @Rule({"C43", "LIF-20"})
  @Needs(Capability.TOOL_SIGNATURES)
  default void an_answer_that_was_asked_for_as_a_record_becomes_one() {
    Tool submit = Tool.submit("FINAL").description("Ends the search.").fields(Report.class);
    try (SupervisorClient client = open(submit)) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              """
              import dataclasses, datetime
              @dataclasses.dataclass
              class Item: name: str; count: int
              FINAL(title='found', items=[Item('a', 1), {'name': 'b', 'count': 2}],
                    day=datetime.date(2020, 2, 29), prices={'a': 1.5, 'b': 2})
              """);
      assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.SUBMITTED);
      assertThat(outcome.submission().orElseThrow().as(Report.class))
          .isEqualTo(
              new Report(
                  "found",
                  List.of(new Item("a", 1), new Item("b", 2)),
                  Optional.of(LocalDate.of(2020, 2, 29)),
                  Map.of("a", 1.5, "b", 2.0)));
      assertThat(session.execute("FINAL(title='t', items=[], day=None, prices={})").submission())
          .map(none -> none.as(Report.class).day())
          .contains(Optional.empty());
      assertThat(session.execute("print(FINAL.__doc__)").stdoutText())
          .startsWith("Ends the search.\n\nFields:\n    title (string): what was found\n");
    }
  }

  @Test
  @Rule({"C47", "LIF-20"})
  @Needs(Capability.TOOL_SIGNATURES)
  default void one_that_does_not_fit_is_told_so_that_the_cell_can_repair_it() {
    Tool submit = Tool.submit("FINAL").fields(Report.class);
    try (SupervisorClient client = open(submit)) {
      Session session = client.session();
      Outcome wrong =
          session.execute("FINAL(title=7, items=[{'name': 'a', 'count': 2**40}], price={})");
      assertThat(wrong.kind()).isEqualTo(OutcomeKind.RAISED);
      PythonError error = wrong.error().orElseThrow();
      assertThat(error.type()).isEqualTo("SubmitError");
      assertThat(error.message().lines().map(String::strip))
          .contains(
              "title: has to be a string, and is the integer 7",
              "items[0].count: has to be at most 2147483647, and is 1099511627776",
              "prices: is missing; it has to be an object",
              "price: is no field here; there are title, items, day, prices");
      Outcome repaired =
          session.execute(
              """
              try:
                  FINAL(title=7, items=[], prices={})
              except SubmitError:
                  FINAL(title='7', items=[], prices={})
              """);
      assertThat(repaired.submission().orElseThrow().as(Report.class).title()).isEqualTo("7");
    }
  }

  @Test
  @Rule("LIF-20")
  @Needs(Capability.TOOL_SIGNATURES)
  default void a_schema_does_the_same() {
    Tool submit =
        Tool.submit("SUBMIT")
            .schema(
                """
                {"type": "object", "required": ["tree"], "properties": {"tree": {"$ref": "#/$defs/node"}},
                 "$defs": {"node": {"type": "object", "required": ["value"], "properties": {
                   "value": {"type": "integer", "minimum": 0},
                   "under": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/node"}}}}}}
                """);
    try (SupervisorClient client = open(submit)) {
      Session session = client.session();
      Outcome wrong =
          session.execute("SUBMIT(tree={'value': 1, 'under': [{'value': -1}, {'value': 2}]})");
      assertThat(wrong.error().orElseThrow().message())
          .contains("tree.under[0].value: has to be at least 0, and is -1");
      Outcome right = session.execute("SUBMIT(tree={'value': 1, 'under': [{'value': 3}]}, more=1)");
      Submission submission = right.submission().orElseThrow();
      assertThatThrownBy(() -> submission.as(Report.class)).isInstanceOf(DocumentException.class);
    }
  }
}
