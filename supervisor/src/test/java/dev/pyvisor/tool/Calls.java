package dev.pyvisor.tool;

import dev.pyvisor.Session;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.JsonRpc;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Calls tools as the session does, without a session. */
final class Calls {
  static final Path SCRATCH = Path.of(System.getProperty("java.io.tmpdir"));

  private final ToolRegistry registry = new ToolRegistry();

  private Calls() {}

  static Calls of(Tool... tools) {
    Calls calls = new Calls();
    calls.registry.add(List.of(tools));
    return calls;
  }

  static Calls ofObject(Object annotated) {
    Calls calls = new Calls();
    calls.registry.add(Tool.fromObject(annotated));
    return calls;
  }

  /** {@code params}: args and kwargs as JSON. */
  ToolCall.Answer call(String tool, String params, byte[]... attachments) {
    ObjectNode all = ((ObjectNode) Json.MAPPER.readTree(params)).put("name", tool);
    return run(JsonRpc.request(7, "tool.call", all.toString()), attachments);
  }

  ToolCall.Answer run(byte[] envelope, byte[]... attachments) {
    return new ToolCall("7", envelope, List.of(attachments), SCRATCH)
        .run(registry, name -> new Context());
  }

  @Nullable Object result(String tool, String params, byte[]... attachments) {
    ToolCall.Answer answer = call(tool, params, attachments);
    JsonNode envelope = Json.MAPPER.readTree(answer.envelope());
    if (!envelope.has("result")) {
      throw new AssertionError(envelope.toString());
    }
    return new DocumentReader(answer.attachments()).read(envelope.get("result"));
  }

  String error(String tool, String params) {
    return error(call(tool, params)).get("message").stringValue();
  }

  static JsonNode error(ToolCall.Answer answer) {
    JsonNode error = Json.MAPPER.readTree(answer.envelope()).get("error");
    if (error == null) {
      throw new AssertionError("no error");
    }
    return error;
  }

  /** Nobody cancels, nobody listens. */
  private static final class Context implements ToolContext {
    @Override
    public Session session() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int cell() {
      return 1;
    }

    @Override
    public Optional<Duration> remaining() {
      return Optional.empty();
    }

    @Override
    public boolean cancelled() {
      return false;
    }

    @Override
    public void onCancel(Runnable action) {}

    @Override
    public void progress(String message) {}
  }
}
