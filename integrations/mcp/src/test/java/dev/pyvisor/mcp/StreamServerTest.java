package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The server over two streams, message by message. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 120,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class StreamServerTest {

  @Test
  void code_answers_with_what_it_printed_its_value_and_its_end() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "x = 40; print('hi')\nimport sys; print('oh', file=sys.stderr)\nx + 2");
      assertThat(client.text(1))
          .matches("(?s)hi\\n\\[stderr]\\noh\\n\\[value] 42\\n\\[completed in \\d+ ms]");
      assertThat(RawClient.at(client.answer(1), "result", "isError")).isEqualTo(false);
    }
  }

  @Test
  void an_error_is_an_answer_with_its_traceback_and_the_state_stays() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "kept = 1\nraise ValueError('no tea')");
      assertThat(client.text(1))
          .contains("Traceback", "<cell 1>", "ValueError: no tea")
          .contains("raised", "the session's state is preserved (live)");
      assertThat(RawClient.at(client.answer(1), "result", "isError")).isEqualTo(true);
      client.execute(2, "kept");
      assertThat(client.text(2)).startsWith("[value] 1\n");
    }
  }

  @Test
  void a_cell_that_takes_too_long_is_told_and_its_state_stays() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(
          1, "execute", "{\"code\": \"kept = 5\\nwhile True: pass\", \"timeout_seconds\": 0.3}");
      assertThat(client.text(1)).contains("timed_out").contains("state is preserved (live)");
      client.execute(2, "kept");
      assertThat(client.text(2)).startsWith("[value] 5\n");
    }
  }

  @Test
  void a_kernel_that_ends_itself_is_told_and_the_next_call_finds_the_state() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "kept = 6");
      client.text(1);
      client.execute(2, "import os; os._exit(3)");
      assertThat(client.text(2)).contains("crashed").contains("state is preserved (checkpoint)");
      client.execute(3, "kept");
      assertThat(client.text(3)).startsWith("[value] 6\n");
    }
  }

  @Test
  void a_runner_that_is_killed_is_told_and_the_next_call_has_another() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      // The kernel's parent is the runner.
      client.execute(
          1, "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(30)");
      assertThat(client.text(1)).contains("unknown", "fresh");
      client.execute(2, "6 * 7");
      assertThat(client.text(2)).startsWith("[value] 42\n");
    }
  }

  @Test
  void a_call_that_is_taken_back_interrupts_its_cell_and_is_not_answered() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(
          1,
          "execute",
          "{\"code\": \"kept = 7\\nprint('on')\\nimport time; time.sleep(60)\"}",
          "{\"progressToken\": \"p\"}");
      client.await(message -> "notifications/progress".equals(message.get("method")));
      client.cancel(1);
      client.execute(2, "kept");
      assertThat(client.text(2)).startsWith("[value] 7\n");
      assertThat(client.seen()).noneMatch(message -> Integer.valueOf(1).equals(message.get("id")));
    }
  }

  @Test
  void a_call_that_waits_for_its_turn_can_be_taken_back_too() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(
          1,
          "execute",
          "{\"code\": \"ran = []\\nprint('on')\\nimport time; time.sleep(60)\"}",
          "{\"progressToken\": \"p\"}");
      client.await(message -> "notifications/progress".equals(message.get("method")));
      client.execute(2, "ran.append(2)");
      client.call(3, "list_sessions", "{}");
      client.answer(3);
      client.cancel(2);
      client.cancel(1);
      client.execute(4, "ran");
      assertThat(client.text(4)).startsWith("[value] []\n");
    }
  }

  @Test
  void interrupt_ends_the_cell_and_its_call_is_answered() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(
          1,
          "execute",
          "{\"code\": \"print('on')\\nimport time; time.sleep(60)\"}",
          "{\"progressToken\": 9}");
      client.await(message -> "notifications/progress".equals(message.get("method")));
      client.call(2, "interrupt", "{}");
      assertThat(client.text(2)).contains("interrupted");
      assertThat(client.text(1)).contains("interrupted", "KeyboardInterrupt", "preserved (live)");
      client.call(3, "interrupt", "{}");
      assertThat(client.text(3)).isEqualTo("nothing runs in that session");
    }
  }

  @Test
  void what_a_cell_prints_comes_as_progress_before_its_answer() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(
          1,
          "execute",
          "{\"code\": \"import time\\nfor i in range(3):\\n  print(i, flush=True)\\n  time.sleep(0.1)\"}",
          "{\"progressToken\": \"t\"}");
      client.answer(1);
      List<Map<String, Object>> seen = client.seen();
      List<Map<String, Object>> progress =
          seen.stream()
              .filter(message -> "notifications/progress".equals(message.get("method")))
              .toList();
      StringBuilder told = new StringBuilder();
      double before = 0;
      for (Map<String, Object> message : progress) {
        assertThat(RawClient.at(message, "params", "progressToken")).isEqualTo("t");
        double now = ((Number) RawClient.at(message, "params", "progress")).doubleValue();
        assertThat(now).isGreaterThan(before);
        before = now;
        told.append(RawClient.at(message, "params", "message"));
      }
      assertThat(told.toString()).isEqualTo("0\n1\n2\n");
      assertThat(seen.indexOf(client.answer(1)))
          .isGreaterThan(seen.indexOf(progress.get(progress.size() - 1)));
    }
  }

  @Test
  void without_a_token_there_is_no_progress() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "print('hi')");
      client.answer(1);
      assertThat(client.seen()).noneMatch(message -> message.containsKey("method"));
    }
  }

  @Test
  void sessions_run_side_by_side_and_know_nothing_of_each_other() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(1, "open_session", "{\"session\": \"b\"}");
      assertThat(client.text(1)).contains("'b' is open");
      client.call(2, "execute", "{\"code\": \"secret = 1\\nimport time; time.sleep(60)\"}", "");
      client.call(3, "execute", "{\"code\": \"'secret' in globals()\", \"session\": \"b\"}");
      assertThat(client.text(3)).startsWith("[value] False");
      client.call(4, "close_session", "{\"session\": \"b\"}");
      assertThat(client.text(4)).contains("closed");
      client.call(5, "execute", "{\"code\": \"1\", \"session\": \"b\"}");
      assertThat(client.text(5)).contains("there is no session 'b'", "main", "open_session");
      assertThat(RawClient.at(client.answer(5), "result", "isError")).isEqualTo(true);
      assertThat(client.seen()).noneMatch(message -> Integer.valueOf(2).equals(message.get("id")));
    }
  }

  @Test
  void calls_that_are_sent_without_waiting_run_in_the_order_of_sending() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "order = []");
      for (int i = 0; i < 100; i++) {
        client.execute("n" + i, "order.append(" + i + ")");
      }
      client.execute(2, "order == list(range(100))");
      assertThat(client.text(2)).startsWith("[value] True\n");
    }
  }

  @Test
  void a_checkpoint_is_gone_back_to_and_a_branch_begins_with_it() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "x = 1\ndef f(): return x");
      client.text(1);
      client.call(2, "checkpoint", "{\"name\": \"one\"}");
      assertThat(client.text(2)).contains("checkpoint 'one' has all of the state");
      client.execute(3, "x = 2");
      client.text(3);
      client.call(4, "open_session", "{\"session\": \"b\", \"branch_of\": \"main\"}");
      assertThat(client.text(4)).contains("branch of 'main'");
      client.call(5, "rollback", "{\"name\": \"one\"}");
      assertThat(client.text(5)).contains("back at checkpoint 'one'");
      client.execute(6, "f()");
      assertThat(client.text(6)).startsWith("[value] 1\n");
      client.call(7, "execute", "{\"code\": \"f()\", \"session\": \"b\"}");
      assertThat(client.text(7)).startsWith("[value] 2\n");
      client.call(8, "rollback", "{\"name\": \"two\"}");
      assertThat(client.text(8)).contains("two").contains("it was refused");
    }
  }

  @Test
  void much_output_keeps_its_ends_and_says_how_the_rest_is_got() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "for i in range(400_000): print('line', i)");
      assertThat(client.text(1))
          .hasSizeLessThan(26_000)
          .startsWith("line 0\n")
          .contains("line 399999")
          .containsPattern("\\d+ of \\d+ characters are left out")
          .contains("get_file");
    }
  }

  @Test
  void an_image_that_is_the_value_comes_as_one() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "b'\\x89PNG\\r\\n\\x1a\\n' + bytes(4)");
      assertThat(client.text(1)).contains("[value] b'");
      assertThat(String.valueOf(client.answer(1)))
          .contains("type=image", "mimeType=image/png", "data=iVBORw0KGgoAAAAA");
    }
  }

  /** The figure is what shows why. */
  @Test
  void an_image_that_a_cell_displayed_before_it_failed_comes_too() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "display(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(4)); 1 / 0");
      assertThat(client.text(1)).contains("ZeroDivisionError");
      assertThat(String.valueOf(client.answer(1)))
          .contains("isError=true", "type=image", "data=iVBORw0KGgoAAAAA");
    }
  }

  @Test
  void what_cannot_be_read_is_answered_and_the_next_message_is_served() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.say("this is no JSON");
      Map<String, Object> refusal = client.await(message -> message.containsKey("error"));
      assertThat(refusal).containsEntry("id", null);
      assertThat(RawClient.at(refusal, "error", "code")).isEqualTo(-32700);
      client.execute(1, "1 + 1");
      assertThat(client.text(1)).startsWith("[value] 2\n");
    }
  }

  @Test
  void a_message_that_is_too_long_is_refused_and_the_next_one_served() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.say("x".repeat(McpLimits.MESSAGE_BYTES + 1));
      Map<String, Object> refusal = client.await(message -> message.containsKey("error"));
      assertThat(RawClient.at(refusal, "error", "code")).isEqualTo(-32600);
      client.call(1, "list_sessions", "{}");
      assertThat(client.text(1)).isEqualTo("main");
    }
  }

  @Test
  void an_unknown_tool_is_told_by_its_name_with_those_there_are() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(1, "exec", "{}");
      assertThat(RawClient.at(client.answer(1), "error", "message"))
          .asString()
          .contains("Unknown tool: exec", "execute", "rollback");
    }
  }

  @Test
  void arguments_that_do_not_fit_are_told_by_their_names() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(1, "execute", "{\"cod\": \"1\", \"timeout_seconds\": \"soon\"}");
      assertThat(client.text(1)).contains("execute", "code", "cod", "timeout_seconds");
      assertThat(RawClient.at(client.answer(1), "result", "isError")).isEqualTo(true);
    }
  }

  @Test
  void more_requests_than_there_may_be_are_refused_and_cancelling_makes_room() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      for (int id = 1; id <= McpLimits.OPEN_CALLS; id++) {
        client.execute(id, "import time; time.sleep(60)");
      }
      client.execute("over", "1");
      assertThat(RawClient.at(client.answer("over"), "error", "message"))
          .asString()
          .contains(McpLimits.OPEN_CALLS + " requests are open");
      for (int id = McpLimits.OPEN_CALLS; id >= 1; id--) {
        client.cancel(id);
      }
      // Which of them the runner has let go of by now is not told: ask until one is admitted.
      for (int attempt = 0; ; attempt++) {
        String id = "again" + attempt;
        client.call(id, "list_sessions", "{}");
        if (client.answer(id).containsKey("result")) {
          break;
        }
      }
    }
  }

  @Test
  void a_client_that_reads_nothing_is_given_up() throws Exception {
    Pipe toServer = Pipe.open();
    Pipe fromServer = Pipe.open();
    CompletableFuture<Void> served = new CompletableFuture<>();
    Thread server =
        new Thread(
            () -> {
              try {
                PythonServer.startingWith(TestServer.runners())
                    .serve(
                        Channels.newInputStream(toServer.source()),
                        Channels.newOutputStream(fromServer.sink()));
                served.complete(null);
              } catch (InterruptedException stopped) {
                served.completeExceptionally(stopped);
              }
            },
            "test-server");
    server.setDaemon(true);
    server.start();
    try (OutputStream out = Channels.newOutputStream(toServer.sink())) {
      String name = "x".repeat(64 << 10);
      for (int id = 0; !served.isDone() && id < 4_096; id++) {
        // Refused with its name, so that an answer is as long as the request.
        String call =
            "{\"jsonrpc\":\"2.0\",\"id\":"
                + id
                + ",\"method\":\"tools/call\",\"params\":{\"name\":\""
                + name
                + "\"}}\n";
        out.write(call.getBytes(StandardCharsets.UTF_8));
      }
      served.get(RawClient.SECONDS, TimeUnit.SECONDS);
    } finally {
      toServer.source().close();
      fromServer.sink().close();
      fromServer.source().close();
    }
  }

  @Test
  void a_client_that_leaves_ends_what_runs_and_its_runner() throws Exception {
    RawClient client = RawClient.initialized();
    client.execute(1, "import os; os.getppid()");
    long runner = Long.parseLong(client.text(1).lines().findFirst().orElseThrow().substring(8));
    ProcessHandle process = ProcessHandle.of(runner).orElseThrow();
    client.execute(2, "while True: pass");
    client.leave();
    client.awaitEnd();
    process.onExit().get(RawClient.SECONDS, TimeUnit.SECONDS);
    assertThat(process.isAlive()).isFalse();
  }
}
