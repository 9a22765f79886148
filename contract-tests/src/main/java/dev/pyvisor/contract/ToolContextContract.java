package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolEvent;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a tool knows of its call, and what becomes of a call that nobody waits for any more. */
@OneBackend
@Needs(Capability.TOOL_FATES)
public interface ToolContextContract extends RunnerContract {
  /** More late answers at once than a host of the old kind passes over before it gives up: 50. */
  int LATE = 60;

  @Test
  @Rule("LIF-13")
  default void a_listener_hears_of_each_call_in_order_and_of_its_progress() {
    List<String> heard = new CopyOnWriteArrayList<>();
    Tool work =
        Tool.of(
            "work",
            (arguments, context) -> {
              context.progress("half of cell " + context.cell());
              return "done";
            });
    Tool fail =
        Tool.of(
            "fail",
            (arguments, context) -> {
              throw new IllegalStateException("no");
            });
    CellListener listener =
        new CellListener() {
          @Override
          public void onToolStarted(ToolEvent event) {
            heard.add("started " + event.name());
          }

          @Override
          public void onToolProgress(ToolEvent event, String message) {
            heard.add("progress " + message);
          }

          @Override
          public void onToolFinished(ToolEvent event) {
            heard.add("finished " + event.name() + (event.failure().isPresent() ? " badly" : ""));
          }
        };
    try (SupervisorClient client = open(work, fail)) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of("await work()\ntry:\n    await fail()\nexcept Exception:\n    pass")
                      .listener(listener));
      assertThat(outcome.ok()).isTrue();
      assertThat(heard)
          .containsExactly(
              "started work",
              "progress half of cell " + outcome.cell(),
              "finished work",
              "started fail",
              "finished fail badly");
    }
  }

  @Test
  @Rule("LIF-12")
  default void a_call_that_its_cell_leaves_open_is_cancelled() throws Exception {
    Waiting waiting = new Waiting();
    try (SupervisorClient client = open(waiting.tool(), waiting.untilCalled())) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              "import asyncio\ntask = asyncio.create_task(waits())\nawait until_called()");
      assertThat(outcome.ok()).isTrue();
      assertThat(waiting.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(session.execute("print(task.cancelled())").stdoutText()).isEqualTo("True\n");
    }
  }

  @Test
  @Rule("LIF-12")
  default void a_call_that_python_gives_up_is_cancelled() throws Exception {
    Waiting waiting = new Waiting();
    try (SupervisorClient client = open(waiting.tool(), waiting.untilCalled())) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import asyncio
                  task = asyncio.create_task(waits())
                  await until_called()
                  task.cancel()
                  try:
                      await task
                  except asyncio.CancelledError:
                      print('given up')
                  """);
      assertThat(outcome.stdoutText()).isEqualTo("given up\n");
      assertThat(waiting.cancelled.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @Rule({"LIF-12", "SES-4", "H6", "W25"})
  default void a_late_answer_reaches_no_later_call() throws Exception {
    Stubborn stubborn = new Stubborn(LATE);
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    try (SupervisorClient client = open(stubborn.tool(), stubborn.untilCalled(), echo)) {
      Session session = client.session();
      session.execute(
          "import asyncio\ntasks = [asyncio.create_task(stubborn()) for _ in range("
              + LATE
              + ")]\nawait until_called()");
      stubborn.release.countDown();
      assertThat(stubborn.answered.await(10, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 50; i++) {
        assertThat(session.execute("print(await echo(" + i + "))").stdoutText())
            .isEqualTo(i + "\n");
      }
    }
  }

  /** It is the host's reader that hears of the end of a cell, and no tool holds it up. */
  @Test
  @Rule("W31")
  default void a_deadline_is_told_while_a_tool_that_heeds_nothing_still_runs() {
    Stubborn stubborn = new Stubborn(1);
    try (SupervisorClient client = open(stubborn.tool())) {
      Session session = client.session();
      Outcome outcome =
          session.execute(
              Cell.of("print('before')\nawait stubborn()").timeout(Duration.ofSeconds(1)));
      assertThat(outcome.kind()).as(outcome::toString).isEqualTo(OutcomeKind.TIMED_OUT);
      assertThat(outcome.stdoutText()).isEqualTo("before\n");
      assertThat(outcome.state()).isEqualTo(StateReport.live());
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
      assertThat(stubborn.called.getCount()).as("calls that never reached the tool").isZero();
      assertThat(stubborn.answered.getCount()).as("calls that the tool is still in").isOne();
    } finally {
      stubborn.release.countDown();
    }
  }

  @Test
  @Rule("W13")
  default void tools_are_there_after_a_cell_that_was_cancelled_and_after_one_that_heeded_nothing()
      throws Exception {
    String ignore = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n";
    for (String first : List.of("", ignore)) {
      CountDownLatch begun = new CountDownLatch(1);
      try (SupervisorClient client =
          open(DemoTools.adder(), Gates.waiting(begun, new CountDownLatch(0)))) {
        Session session = client.session();
        CellRun run =
            session.start(
                Cell.of(first + "await wait()\nwhile True: pass").grace(Duration.ofMillis(500)));
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(run.cancel()).isTrue();
        assertThat(run.await().kind()).isEqualTo(OutcomeKind.INTERRUPTED);
        Outcome next = session.execute("print((await add(1, 2))['total'])");
        assertThat(next.stdoutText()).isEqualTo("3\n");
        assertThat(next.generation()).isEqualTo(first.isEmpty() ? 1 : 2);
      }
    }
  }

  /** A tool that waits until it is cancelled. */
  final class Waiting {
    final CountDownLatch called = new CountDownLatch(1);
    final CountDownLatch cancelled = new CountDownLatch(1);

    Tool tool() {
      return Tool.of(
          "waits",
          (arguments, context) -> {
            context.onCancel(cancelled::countDown);
            called.countDown();
            new CountDownLatch(1).await(15, TimeUnit.SECONDS);
            return "nobody cancelled";
          });
    }

    Tool untilCalled() {
      return Tool.of("until_called", (arguments, context) -> called.await(10, TimeUnit.SECONDS));
    }
  }

  /** A tool that does not heed its cancellation, and answers when it is released. */
  final class Stubborn {
    final CountDownLatch called;
    final CountDownLatch answered;
    final CountDownLatch release = new CountDownLatch(1);

    Stubborn(int calls) {
      called = new CountDownLatch(calls);
      answered = new CountDownLatch(calls);
    }

    Tool tool() {
      return Tool.of(
          "stubborn",
          (arguments, context) -> {
            called.countDown();
            boolean released = false;
            while (!released) {
              try {
                released = release.await(15, TimeUnit.SECONDS);
              } catch (InterruptedException heedless) {
                continue;
              }
            }
            answered.countDown();
            return -1;
          });
    }

    Tool untilCalled() {
      return Tool.of("until_called", (arguments, context) -> called.await(10, TimeUnit.SECONDS));
    }
  }
}
