package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a tool knows of its call, and what becomes of a call that nobody waits for any more. */
public interface ToolContextContract extends RunnerContract {

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
  @Rule({"LIF-12", "SES-4", "H6"})
  default void a_late_answer_reaches_no_later_call() throws Exception {
    Stubborn stubborn = new Stubborn();
    Tool echo = Tool.of("echo", (arguments, context) -> arguments.positional().get(0));
    try (SupervisorClient client = open(stubborn.tool(), stubborn.untilCalled(), echo)) {
      Session session = client.session();
      session.execute(
          "import asyncio\ntasks = [asyncio.create_task(stubborn()) for _ in range(11)]\n"
              + "await until_called()");
      stubborn.release.countDown();
      for (int i = 0; i < 50; i++) {
        assertThat(session.execute("print(await echo(" + i + "))").stdoutText())
            .isEqualTo(i + "\n");
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
    final CountDownLatch called = new CountDownLatch(11);
    final CountDownLatch release = new CountDownLatch(1);

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
            return -1;
          });
    }

    Tool untilCalled() {
      return Tool.of("until_called", (arguments, context) -> called.await(10, TimeUnit.SECONDS));
    }
  }
}
