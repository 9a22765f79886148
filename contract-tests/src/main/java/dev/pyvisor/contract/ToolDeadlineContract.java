package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.pyvisor.Cell;
import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Host tools that take longer than they may, and calls at moments that are not a cell's own. */
@OneBackend
@Needs({Capability.TOOL_ERRORS, Capability.TOOL_FATES})
public interface ToolDeadlineContract extends RunnerContract {

  /** A tool that heeds no interrupt, and answers when it is released. */
  final class Heedless {
    final CountDownLatch begun;
    final CountDownLatch release = new CountDownLatch(1);

    Heedless(int calls) {
      begun = new CountDownLatch(calls);
    }

    Tool tool() {
      return Tool.of(
          "heedless",
          (arguments, context) -> {
            begun.countDown();
            boolean released = false;
            while (!released) {
              try {
                released = release.await(19, TimeUnit.SECONDS);
              } catch (InterruptedException heedless) {
                continue;
              }
            }
            return "late";
          });
    }
  }

  @Test
  @Rule({"H28", "SES-4"})
  @Heavy(why = "it waits for threads of the host")
  default void a_tool_that_never_returns_is_an_error_that_the_cell_can_catch() {
    Heedless heedless = new Heedless(2);
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    try (SupervisorClient client = open(heedless.tool().timeout(Duration.ofMillis(200)), echo)) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              """
              for call in (heedless, heedless.sync):
                  try:
                      answer = call()
                      if call is heedless:
                          await answer
                  except ToolDeadlineExceeded as late:
                      print(late.code, late.message)
              print(await echo('next'))
              """);
      assertThat(outcome.ok()).as(outcome::toString).isTrue();
      assertThat(outcome.stdoutText())
          .isEqualTo(
              "deadline_exceeded the tool has not answered within 0.2 s\n".repeat(2) + "next\n");
      assertThat(client.counters().expiredToolCalls()).isEqualTo(2);
      await().until(() -> client.counters().leakedToolThreads() == 2);
      assertThat(session.execute("print(await echo('here'))").stdoutText()).isEqualTo("here\n");
      heedless.release.countDown();
      await().until(() -> client.counters().leakedToolThreads() == 0);
      await().until(() -> client.counters().lateReplies() == 2);
      assertThat(session.execute("print(await echo('still'))").stdoutText()).isEqualTo("still\n");
    }
  }

  @Test
  @Rule("H28")
  @Heavy(why = "it waits for threads of the host")
  default void tools_are_refused_while_too_many_threads_do_not_come_back() {
    Heedless heedless = new Heedless(Defaults.LEAKED_TOOL_THREADS);
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    SupervisorClient.Builder builder =
        client().toolTimeout(Duration.ofMillis(500)).tool(heedless.tool()).tool(echo.noTimeout());
    try (SupervisorClient client = OpenClients.open(builder)) {
      Session session = client.session();
      String code =
          """
          import asyncio
          failed = await asyncio.gather(*(heedless() for _ in range(%d)), return_exceptions=True)
          print({type(each).__name__ for each in failed})
          """
              .formatted(Defaults.LEAKED_TOOL_THREADS);
      assertThat(session.execute(code).stdoutText()).isEqualTo("{'ToolDeadlineExceeded'}\n");
      await().until(() -> client.counters().leakedToolThreads() == Defaults.LEAKED_TOOL_THREADS);
      Outcome refused =
          session.execute(
              "try:\n    await echo(1)\nexcept ToolError as full:\n    print(full.code, full.message)");
      assertThat(refused.stdoutText())
          .startsWith("resource_exhausted 64 threads")
          .contains("heed their interrupt");
      assertThat(session.execute("print('cells go on')").stdoutText()).isEqualTo("cells go on\n");
      heedless.release.countDown();
      await().until(() -> client.counters().leakedToolThreads() == 0);
      assertThat(session.execute("print(await echo(2))").stdoutText()).isEqualTo("2\n");
    }
  }

  @Test
  @Rule("H28")
  default void a_tool_knows_what_remains_of_its_time_and_of_its_cells() {
    Tool remains =
        Tool.of(
            "remains",
            (arguments, context) -> context.remaining().map(Duration::toMillis).orElse(-1L));
    try (SupervisorClient client = open(remains.timeout(Duration.ofSeconds(30)))) {
      Session session = client.session();
      Cell cell = Cell.of("await remains()").withValue();
      assertThat(left(session, cell.timeout(Duration.ofSeconds(10)))).isBetween(1L, 10_000L);
      assertThat(left(session, cell.timeout(Duration.ofSeconds(100)))).isBetween(10_001L, 30_000L);
      session.registerTools(remains.noTimeout());
      assertThat(left(session, cell.timeout(Duration.ofSeconds(100)))).isBetween(30_001L, 100_000L);
      assertThat(left(session, cell.noTimeout())).isEqualTo(-1L);
    }
  }

  private static long left(Session session, Cell cell) {
    return session.execute(cell).value().orElseThrow().as(Long.class);
  }

  /**
   * Nobody can see that a tool waits for its own session through another thread. What it waits for
   * waits for its turn, and the tool's deadline ends that.
   */
  @Test
  @Rule("H29")
  default void a_tool_that_waits_for_its_own_session_through_another_thread_ends_at_its_deadline()
      throws Exception {
    AtomicReference<SupervisorClient> client = new AtomicReference<>();
    CompletableFuture<Outcome> inner = new CompletableFuture<>();
    Tool knot =
        Tool.of(
                "knot",
                (arguments, context) -> {
                  Concurrently.start(() -> client.get().session().execute("print('in its turn')"))
                      .whenComplete((outcome, failure) -> inner.complete(outcome));
                  return inner.get();
                })
            .timeout(Duration.ofMillis(500));
    try (SupervisorClient opened = open(knot)) {
      client.set(opened);
      Outcome outcome =
          opened
              .session()
              .execute("try:\n    await knot()\nexcept ToolDeadlineExceeded:\n    print('undone')");
      assertThat(outcome.stdoutText()).isEqualTo("undone\n");
      assertThat(inner.get(10, TimeUnit.SECONDS).stdoutText()).isEqualTo("in its turn\n");
      assertThat(opened.session().execute("print('free')").stdoutText()).isEqualTo("free\n");
    }
  }

  @Test
  @Limit(seconds = 300, why = "the full count is 2,000 cells with tool calls on a busy machine")
  @Rule("H31")
  @Heavy(why = "hundreds of registrations, which the host orders")
  default void tools_may_be_replaced_while_they_are_called() {
    Counts counts = Counts.of(100, 500, 1_000);
    try (SupervisorClient client = open(version(0))) {
      Session session = client.session();
      Session other = client.openSession("other");
      for (int i = 1; i <= counts.now(); i++) {
        int number = i;
        var call =
            Concurrently.start(
                () ->
                    session.execute(Cell.of("await version()").withValue()).value().orElseThrow());
        session.registerTools(version(number));
        assertThat(Concurrently.join(call).as(Integer.class)).isBetween(number - 1, number);
        assertThat(session.execute(Cell.of("await version()").withValue()).value().orElseThrow())
            .satisfies(value -> assertThat(value.as(Integer.class)).isEqualTo(number));
      }
      Outcome unknown =
          other.execute("try:\n    await nobody()\nexcept NameError:\n    print('no')");
      assertThat(unknown.stdoutText()).isEqualTo("no\n");
    }
  }

  private static Tool version(int number) {
    return Tool.of("version", (arguments, context) -> number);
  }

  @Test
  @Rule("H31")
  default void what_cannot_be_told_of_a_result_or_a_failure_is_a_typed_error() {
    Tool unfit = Tool.of("unfit", (arguments, context) -> new Thread());
    Tool hostile =
        Tool.of(
            "hostile",
            (arguments, context) -> {
              throw new IllegalStateException() {
                @Override
                public String getMessage() {
                  throw new UnsupportedOperationException("not even that");
                }
              };
            });
    try (SupervisorClient client = open(unfit, hostile)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  for tool in (unfit, hostile):
                      try:
                          print('value', await tool())
                      except ToolError as failed:
                          print(failed.code)
                  """);
      assertThat(outcome.ok()).as(outcome::toString).isTrue();
      assertThat(outcome.stdoutText()).contains("tool_failed").doesNotContain("not even that");
    }
  }

  /**
   * The thread's first call is open when its cell ends, so it is told that it is cancelled: from
   * then on no cell runs.
   */
  @Test
  @Rule({"H32", "LIF-13", "W3b"})
  default void a_call_from_a_thread_that_outlives_its_cell_gets_its_own_answer() throws Exception {
    CountDownLatch called = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    Tool waits =
        Tool.of(
            "waits",
            (arguments, context) -> {
              called.countDown();
              return new CountDownLatch(1).await(15, TimeUnit.SECONDS);
            });
    Tool until =
        Tool.of("until_called", (arguments, context) -> called.await(10, TimeUnit.SECONDS));
    Tool end = Tool.of("end_of_cell", (arguments, context) -> ended.await(10, TimeUnit.SECONDS));
    Tool echo =
        Tool.of(
            "echo",
            (arguments, context) -> {
              Object said = arguments.positional().get(0);
              if (said.equals("between")) {
                answered.countDown();
              }
              return said;
            });
    try (SupervisorClient client = open(waits, until, end, echo)) {
      Session session = client.session();
      Outcome first =
          session.execute(
              """
              import threading
              heard = []
              def stays():
                  try:
                      waits.sync()
                  except ToolCancelled:
                      pass
                  while True:
                      try:
                          if end_of_cell.sync():
                              break
                      except ToolCancelled:
                          pass  # the host had not heard of the cell's end
                  heard.append(echo.sync('between'))
                  for i in range(200):
                      heard.append(echo.sync(i))
              thread = threading.Thread(target=stays)
              thread.start()
              await until_called()
              """);
      assertThat(first.ok()).as(first::toString).isTrue();
      ended.countDown();
      assertThat(answered.await(10, TimeUnit.SECONDS)).isTrue();
      Outcome second =
          session.execute(
              """
              for i in range(100):
                  assert await echo(-i) == -i
              thread.join()
              print(heard == ['between', *range(200)])
              """);
      assertThat(second.stdoutText()).as(second::toString).isEqualTo("True\n");
    }
  }

  /** Between the end of a cell in the kernel and at the host, too, each call has an answer. */
  @Test
  @Limit(
      seconds = 300,
      why = "the full count is 2,000 cells beside a thread that calls on a busy machine")
  @Rule({"H32", "LIF-12", "W3b"})
  default void a_thread_that_calls_while_cells_come_and_go_always_hears() {
    Counts counts = Counts.of(200, 1_000, 2_000);
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    try (SupervisorClient client = open(echo)) {
      Session session = client.session();
      session.execute(
          """
          import threading
          going, wrong, told = True, [], [0, 0]
          def calls():
              number = 0
              while going:
                  number += 1
                  try:
                      if echo.sync(number) != number:
                          wrong.append(number)
                      told[0] += 1
                  except ToolCancelled:
                      told[1] += 1
          thread = threading.Thread(target=calls)
          thread.start()
          """);
      for (int i = 0; i < counts.now(); i++) {
        assertThat(session.execute("pass").ok()).isTrue();
      }
      Outcome last =
          session.execute("going = False\nthread.join(10)\nprint(thread.is_alive(), wrong)");
      assertThat(last.stdoutText()).isEqualTo("False []\n");
      Evidence.record(
          "a thread's tool calls while cells begin and end",
          List.of("H32", "LIF-12"),
          session
              .execute(Cell.of("'{} answered, {} cancelled'.format(*told)").withValue())
              .value()
              .orElseThrow()
              .as(String.class),
          counts);
    }
  }
}
