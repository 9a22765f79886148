package dev.pyvisor.tool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.JsonRpc;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ToolCallTest {
  private static final String NO_ARGUMENTS = "{\"args\":[],\"kwargs\":{}}";

  /** Its message is code, too. */
  private static final class Hostile extends RuntimeException {
    private static final long serialVersionUID = 1L;

    @Override
    public String getMessage() {
      throw new StackOverflowError();
    }
  }

  @Test
  @Rule("SES-5")
  void an_answer_carries_id_and_result() {
    ToolCall.Answer answer = Calls.of(Tool.of("give", (a, c) -> 5)).call("give", NO_ARGUMENTS);
    assertThat(new String(answer.envelope(), StandardCharsets.UTF_8))
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":5}");
    assertThat(answer.failure()).isNull();
  }

  @Test
  void bytes_travel_as_attachments_both_ways() {
    Calls calls =
        Calls.of(
            Tool.of(
                "reverse",
                (arguments, context) -> {
                  byte[] bytes = (byte[]) arguments.positional().get(0);
                  return new byte[] {bytes[1], bytes[0]};
                }));
    String bytes = "{\"args\":[{\"$py\":\"bytes\",\"attachment\":0}]}";
    assertThat(calls.result("reverse", bytes, new byte[] {1, 2})).isEqualTo(new byte[] {2, 1});
  }

  @Test
  @Rule({"C53", "ERR-3"})
  void an_unknown_tool_is_named_and_the_known_ones_are_told() {
    JsonNode error =
        Calls.error(Calls.of(Tool.of("known", (a, c) -> 1)).call("unknown", NO_ARGUMENTS));
    assertThat(error.get("code").intValue()).isEqualTo(-32002);
    assertThat(error.get("message").stringValue())
        .isEqualTo("Unknown tool: unknown; the session has known");
    assertThat(error.get("data").get("code").stringValue()).isEqualTo("tool_not_found");
  }

  @Test
  @Rule({"SES-7", "ERR-1"})
  void arguments_that_do_not_fit_are_answered_invalid_argument() {
    Calls calls = Calls.of(Tool.named("t").parameter("a", int.class, "").handler((a, c) -> 1));
    for (String params :
        List.of(
            NO_ARGUMENTS,
            "{\"args\":[\"x\"]}",
            "{\"args\":{}}",
            "{\"kwargs\":[]}",
            "{\"args\":1}")) {
      JsonNode error = Calls.error(calls.call("t", params));
      assertThat(error.get("code").intValue()).as(params).isEqualTo(-32602);
      assertThat(error.get("data").get("code").stringValue()).isEqualTo("invalid_argument");
    }
    JsonNode array = Calls.error(calls.run(JsonRpc.request(7, "tool.call", "[1]")));
    assertThat(array.get("code").intValue()).isEqualTo(-32602);
    JsonNode garbage = Calls.error(calls.run("{\"jsonrpc\"".getBytes(StandardCharsets.UTF_8)));
    assertThat(garbage.get("code").intValue()).isEqualTo(-32700);
  }

  @Test
  @Rule({"C51", "ERR-4"})
  void a_failure_keeps_type_message_and_data_and_no_stack_trace() {
    Calls calls =
        Calls.of(
            Tool.of(
                "fail",
                (a, c) -> {
                  throw new ToolFailure(
                      "no such city: Atlantis", Map.of("city", "Atlantis", "map", new byte[] {1}));
                }));
    ToolCall.Answer answer = calls.call("fail", NO_ARGUMENTS);
    assertThat(answer.failure()).isEqualTo("no such city: Atlantis");
    assertThat(answer.attachments()).containsExactly(new byte[] {1});
    JsonNode error = Calls.error(answer);
    assertThat(error.get("code").intValue()).isEqualTo(-32010);
    assertThat(error.get("data").get("code").stringValue()).isEqualTo("tool_failed");
    assertThat(error.get("data").get("type").stringValue()).isEqualTo(ToolFailure.class.getName());
    assertThat(error.get("data").get("data").get("city").stringValue()).isEqualTo("Atlantis");
    assertThat(error.toString()).doesNotContain("ToolCallTest.java").doesNotContain("at dev.");
  }

  @Test
  void whatever_a_tool_throws_becomes_an_answer() {
    List<Throwable> thrown =
        Arrays.asList(
            new Hostile(),
            new StackOverflowError(),
            new OutOfMemoryError("heap"),
            new IllegalArgumentException((String) null),
            new java.io.IOException("disk"),
            new InterruptedException("own"),
            new ToolFailure("data", new Thread("no data")),
            new ToolFailure("lone \ud800"));
    for (Throwable failure : thrown) {
      Calls calls =
          Calls.of(
              Tool.of(
                  "fail",
                  (a, c) -> {
                    ToolCallTest.<RuntimeException>raise(failure);
                    return null;
                  }));
      JsonNode error = Calls.error(calls.call("fail", NO_ARGUMENTS));
      assertThat(error.get("code").intValue()).as(failure.getClass().getName()).isEqualTo(-32010);
      assertThat(error.get("data").get("type").stringValue())
          .isEqualTo(failure.getClass().getName());
      assertThat(error.get("message").stringValue()).isNotEmpty();
    }
  }

  @Test
  void endless_recursion_in_a_tool_is_its_failure() {
    Calls calls = Calls.of(Tool.of("deep", (a, c) -> endless(0)));
    JsonNode error = Calls.error(calls.call("deep", NO_ARGUMENTS));
    assertThat(error.get("data").get("type").stringValue())
        .isEqualTo("java.lang.StackOverflowError");
  }

  @Test
  void a_session_called_back_is_told_by_its_own_code() {
    Calls calls =
        Calls.of(
            Tool.of(
                "again",
                (a, c) -> {
                  throw new CallFailed("1", ErrorCode.REENTRANT_CALL, "not now");
                }));
    assertThat(Calls.error(calls.call("again", NO_ARGUMENTS)).get("code").intValue())
        .isEqualTo(-32011);
  }

  @Test
  void a_result_without_a_form_is_a_failure_that_names_its_class() {
    Calls calls = Calls.of(Tool.of("leak", (a, c) -> Map.of("thread", new Thread("t"))));
    assertThat(calls.error("leak", NO_ARGUMENTS)).contains("java.lang.Thread").contains("result");
  }

  @Test
  void a_result_larger_than_a_message_is_refused_by_that_name() {
    Calls calls = Calls.of(Tool.of("flood", (a, c) -> Stream.generate(() -> "x".repeat(100_000))));
    JsonNode error = Calls.error(calls.call("flood", NO_ARGUMENTS));
    assertThat(error.get("data").get("code").stringValue()).isEqualTo("message_too_large");
  }

  @Test
  @Rule("C50")
  void an_asynchronous_result_is_waited_for() throws Exception {
    CompletableFuture<Object> later = new CompletableFuture<>();
    AtomicReference<Object> result = new AtomicReference<>();
    CountDownLatch called = new CountDownLatch(1);
    Calls calls =
        Calls.of(
            Tool.of(
                "later",
                (a, c) -> {
                  called.countDown();
                  return later;
                }));
    Thread caller = new Thread(() -> result.set(calls.result("later", NO_ARGUMENTS)));
    caller.start();
    called.await();
    later.complete("done");
    caller.join();
    assertThat(result.get()).isEqualTo("done");
  }

  @Test
  void an_asynchronous_failure_is_the_cause_that_it_has() {
    CompletionStage<Object> failed =
        CompletableFuture.failedFuture(new IllegalStateException("later"));
    Calls calls = Calls.of(Tool.of("fail", (a, c) -> failed));
    JsonNode error = Calls.error(calls.call("fail", NO_ARGUMENTS));
    assertThat(error.get("data").get("type").stringValue())
        .isEqualTo("java.lang.IllegalStateException");
    assertThat(error.get("message").stringValue()).isEqualTo("later");
  }

  @Test
  void an_interrupted_wait_cancels_the_asynchronous_work() throws Exception {
    CompletableFuture<Object> never = new CompletableFuture<>();
    CountDownLatch called = new CountDownLatch(1);
    Calls calls =
        Calls.of(
            Tool.of(
                "never",
                (a, c) -> {
                  called.countDown();
                  return never;
                }));
    Thread caller = new Thread(() -> calls.call("never", NO_ARGUMENTS));
    caller.start();
    called.await();
    caller.interrupt();
    caller.join();
    assertThat(never).isCancelled();
  }

  @Test
  @Rule("SES-10")
  void a_context_that_cannot_be_made_is_a_failure_as_well() {
    ToolRegistry registry = new ToolRegistry();
    registry.add(List.of(Tool.of("t", (a, c) -> 1)));
    byte[] envelope = JsonRpc.request(7, "tool.call", "{\"name\":\"t\"}");
    ToolCall.Answer answer =
        new ToolCall("7", envelope, List.of(), Calls.SCRATCH)
            .run(
                registry,
                name -> {
                  throw new IllegalStateException("no context");
                });
    assertThat(Json.MAPPER.readTree(answer.envelope()).has("error")).isTrue();
  }

  private static int endless(int depth) {
    return endless(depth + 1) + 1;
  }

  @SuppressWarnings("unchecked") // any throwable passes as unchecked
  private static <T extends Throwable> void raise(Throwable thrown) throws T {
    throw (T) thrown;
  }
}
