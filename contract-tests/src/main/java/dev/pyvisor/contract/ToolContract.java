package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.tool.Tool;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Python code calls Java methods of the host. */
@Core
public interface ToolContract extends RunnerContract {

  @Test
  @Rule("C48")
  default void positional_and_named_arguments_arrive_as_they_were_given() {
    AtomicReference<List<Object>> positional = new AtomicReference<>();
    AtomicReference<Map<String, Object>> named = new AtomicReference<>();
    Tool predict =
        Tool.of(
            "predict",
            (arguments, context) -> {
              positional.set(arguments.positional());
              named.set(arguments.named());
              return Map.of("answer", "4");
            });
    try (SupervisorClient client = open(predict)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  "result = await predict('question -> answer', question='2+2?')\nprint(result['answer'])");
      assertThat(outcome.stdoutText()).isEqualTo("4\n");
      assertThat(outcome.toolCalls()).isEqualTo(1);
    }
    assertThat(positional.get()).containsExactly("question -> answer");
    assertThat(named.get()).isEqualTo(Map.of("question", "2+2?"));
  }

  @Test
  @Rule("C49")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void results_keep_their_shape() {
    Tool shape =
        Tool.of(
            "shape_tool",
            (arguments, context) ->
                switch ((String) arguments.positional().get(0)) {
                  case "list" -> List.of(1, 2);
                  case "dict" -> Map.of("ok", true);
                  case "none" -> null;
                  default -> "hello";
                });
    try (SupervisorClient client = open(shape)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  print(await shape_tool('list'))
                  print((await shape_tool('dict'))['ok'])
                  print(await shape_tool('none') is None)
                  print(await shape_tool('text'))
                  """);
      assertThat(outcome.stdoutText()).isEqualTo("[1, 2]\nTrue\nTrue\nhello\n");
    }
  }

  @Test
  @Rule("C50")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_tool_may_answer_later() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Outcome outcome = client.session().execute("result = await add(2, 3);print(result['total'])");
      assertThat(outcome.stdoutText()).isEqualTo("5\n");
    }
  }

  @Test
  @Rule("C54")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_tool_that_calls_its_own_session_is_told_so_at_once() {
    AtomicReference<ErrorCode> code = new AtomicReference<>();
    Tool again =
        Tool.named("again")
            .handler(
                (arguments, context) -> {
                  try {
                    context.session().execute("print('never')");
                    return "ran";
                  } catch (RunnerException refused) {
                    code.set(refused.code());
                    return "blocked";
                  }
                });
    try (SupervisorClient client = open(again)) {
      Outcome outcome = client.session().execute("print(await again())");
      assertThat(outcome.stdoutText()).isEqualTo("blocked\n");
      assertThat(code.get()).isEqualTo(ErrorCode.REENTRANT_CALL);
    }
  }

  @Test
  @Rule({"C54", "H29"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_tool_that_calls_its_own_session_from_another_thread_is_told_so_at_once() {
    Tool again =
        Tool.of(
            "again",
            (arguments, context) ->
                CompletableFuture.supplyAsync(
                    () -> {
                      try {
                        return context.session().execute("print('never')").stdoutText();
                      } catch (RunnerException refused) {
                        return refused.code().wireName();
                      }
                    }));
    try (SupervisorClient client = open(again)) {
      Outcome outcome = client.session().execute("print(await again())");
      assertThat(outcome.stdoutText()).isEqualTo("reentrant_call\n");
    }
  }

  @Test
  @Rule("C54")
  @Needs(Capability.SESSIONS)
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_tool_may_call_another_session() {
    try (SupervisorClient client = open()) {
      Session other = client.openSession("other");
      client
          .session()
          .registerTools(
              Tool.named("ask_other")
                  .handler((arguments, context) -> other.execute("print(6 * 7)").stdoutText()));
      Outcome outcome = client.session().execute("print((await ask_other()).strip())");
      assertThat(outcome.stdoutText()).isEqualTo("42\n");
    }
  }

  @Test
  @Needs(Capability.TOOL_SIGNATURES)
  @Rule("C48")
  @Core(between = false)
  default void a_tool_has_a_signature_a_docstring_and_a_blocking_form() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import inspect
                  print(inspect.iscoroutinefunction(add), list(inspect.signature(add).parameters))
                  print('Adds two numbers.' in inspect.getdoc(add))
                  def helper(): return add.sync(2, b=3)['total']
                  print(helper())
                  try:
                      await add(1)
                  except TypeError as e:
                      print('TypeError', 'b' in str(e))
                  """);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo("True ['a', 'b']\nTrue\n5\nTypeError True\n");
    }
  }

  @Test
  @Needs(Capability.TOOL_SIGNATURES)
  @Rule("C48")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_tool_that_a_json_schema_declares_has_hints_and_gets_the_names_of_the_schema() {
    Tool search =
        Tool.named("search")
            .description("Finds things.")
            .schema(
                """
                {"type": "object", "required": ["from"], "properties": {
                  "page-size": {"type": "integer", "default": 10, "description": "how many"},
                  "from": {"type": "array", "items": {"type": "string"}},
                  "order": {"enum": ["up", "down"]}}}""")
            .handler((arguments, context) -> arguments.json());
    try (SupervisorClient client = open(search)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import inspect
                  print(inspect.signature(search))
                  print("page_size (int), default 10: how many" in inspect.getdoc(search))
                  print(await search(['a'], order='up'))
                  print(search.sync(('a', 'b'), 3, None))
                  try:
                      await search(page_size=1)
                  except TypeError as e:
                      print('from_' in str(e))
                  """);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText())
          .isEqualTo(
              """
              (from_: list[str], page_size: int = 10, order: Literal['up', 'down'] = None)
              True
              {"from":["a"],"order":"up"}
              {"from":["a","b"],"page-size":3}
              True
              """);
    }
  }

  @Test
  @Needs(Capability.TOOL_ERRORS)
  @Rule("C48")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_call_that_was_never_awaited_is_an_error_that_names_the_tool() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Outcome outcome = client.session().execute("x = add(1, 2)\nprint('ran')");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(outcome.stdoutText()).isEqualTo("ran\n");
      PythonError error = outcome.error().orElseThrow();
      assertThat(error.type()).isEqualTo("ToolNotAwaited");
      assertThat(error.message()).contains("add").contains("await");
    }
  }

  @Test
  @Rule({"LIF-11", "W5"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default void registering_tools_keeps_the_state_and_replaces_by_name() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.execute("keep = 40");
      session.registerTools(Tool.named("two").handler((arguments, context) -> 2));
      assertThat(session.execute("print(keep + await two())").stdoutText()).isEqualTo("42\n");
      session.registerTools(Tool.named("two").handler((arguments, context) -> 3));
      assertThat(
              session
                  .execute("print(keep + await two() + (await add(0, 0))['total'])")
                  .stdoutText())
          .isEqualTo("43\n");
    }
  }

  @Test
  @Needs(Capability.TYPED_VALUES)
  @Rule("C48")
  @Core(between = false)
  default void the_number_of_calls_is_counted_and_threads_may_call_too() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of(
                          """
                          from concurrent.futures import ThreadPoolExecutor
                          with ThreadPoolExecutor(8) as pool:
                              totals = list(pool.map(lambda n: add.sync(n, n)['total'], range(40)))
                          totals == [2 * n for n in range(40)]
                          """)
                      .withValue());
      assertThat(outcome.value().orElseThrow().as(Boolean.class)).isTrue();
      assertThat(outcome.toolCalls()).isEqualTo(40);
    }
  }
}
