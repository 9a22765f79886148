package dev.pyvisor.tool;

import dev.pyvisor.document.Document;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.document.DocumentWriter;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.JsonRpc;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One call of a tool, from its envelope to its answer. Whatever the tool throws or returns becomes an answer; no stack trace
 * leaves the host (ERR-4).
 *
 * <p>Confined to a tool thread.
 */
public final class ToolCall {
  private final String id;
  private final byte[] envelope;
  private final List<byte[]> attachments;

  /**
   * What a call comes to.
   *
   * @param envelope the JSON-RPC answer
   * @param attachments the bytes that it refers to
   * @param failure why it failed, for listeners
   *     <p>Immutable.
   */
  public record Answer(byte[] envelope, List<byte[]> attachments, @Nullable String failure) {}

  /** Thrown to answer with a code of the error table. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final ErrorCode code;

    Refused(ErrorCode code, String message) {
      super(message);
      this.code = code;
    }
  }

  public ToolCall(String id, byte[] envelope, List<byte[]> attachments) {
    this.id = id;
    this.envelope = envelope;
    this.attachments = attachments;
  }

  /** Runs the tool on this thread. {@code context} is made once the tool's name is known. */
  public Answer run(ToolRegistry registry, Function<String, ToolContext> context) {
    String name = "?";
    try {
      JsonNode params = params();
      name = params.path("name").asString("");
      Tool tool = tool(registry, name);
      ToolArguments arguments = arguments(tool, params);
      Object result = tool.function().call(arguments, context.apply(name));
      return answer(result instanceof CompletionStage<?> stage ? await(stage) : result, name);
    } catch (Refused refused) {
      return failure(refused.code, text(refused), JsonNodeFactory.instance.objectNode(), List.of());
    } catch (Throwable thrown) {
      return failed(thrown);
    }
  }

  private JsonNode params() throws Refused {
    Envelope parsed = JsonRpc.parse(envelope);
    if (parsed instanceof Envelope.Request request && request.params().isObject()) {
      return request.params();
    }
    if (parsed instanceof Envelope.Refused refused) {
      throw new Refused(refused.code(), refused.message());
    }
    throw new Refused(ErrorCode.INVALID_ARGUMENT, "tool.call: params must be an object with name, args and kwargs");
  }

  private static Tool tool(ToolRegistry registry, String name) throws Refused {
    Tool tool = registry.find(name).orElse(null);
    if (tool == null) {
      throw new Refused(ErrorCode.TOOL_NOT_FOUND, "Unknown tool: " + name);
    }
    return tool;
  }

  private ToolArguments arguments(Tool tool, JsonNode params) throws Refused {
    DocumentReader reader = new DocumentReader(attachments);
    JsonNode args = params.path("args");
    JsonNode kwargs = params.path("kwargs");
    if (!(args.isArray() || args.isMissingNode()) || !(kwargs.isObject() || kwargs.isMissingNode())) {
      throw new Refused(ErrorCode.INVALID_ARGUMENT, "tool.call: args must be a list and kwargs an object");
    }
    List<@Nullable Object> positional = new java.util.ArrayList<>();
    args.forEach(value -> positional.add(reader.read(value)));
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    kwargs.properties().forEach(field -> named.put(field.getKey(), reader.read(field.getValue())));
    try {
      return tool.bind(positional, named);
    } catch (IllegalArgumentException misfit) {
      throw new Refused(ErrorCode.INVALID_ARGUMENT, text(misfit));
    }
  }

  private static @Nullable Object await(CompletionStage<?> stage) throws Throwable {
    try {
      return stage.toCompletableFuture().get();
    } catch (ExecutionException | CompletionException failed) {
      throw failed.getCause() == null ? failed : failed.getCause();
    }
  }

  private Answer answer(@Nullable Object result, String name) throws Refused {
    try {
      Document document = DocumentWriter.write(result);
      return new Answer(
          JsonRpc.result(id, new String(document.json(), StandardCharsets.UTF_8)),
          document.attachments(),
          null);
    } catch (DocumentException unfit) {
      throw new Refused(ErrorCode.TOOL_FAILED, name + "() returned what has no form: " + unfit.getMessage());
    }
  }

  private Answer failed(Throwable thrown) {
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("type", thrown.getClass().getName()).put("message", text(thrown));
    ErrorCode code =
        thrown instanceof RunnerException runner && runner.code() == ErrorCode.REENTRANT_CALL
            ? ErrorCode.REENTRANT_CALL
            : thrown instanceof InterruptedException ? ErrorCode.CANCELLED : ErrorCode.TOOL_FAILED;
    List<byte[]> extra = List.of();
    if (thrown instanceof ToolFailure failure && failure.data() != null) {
      try {
        Document document = DocumentWriter.write(failure.data());
        data.set("data", dev.pyvisor.wire.Json.MAPPER.readTree(document.json()));
        extra = document.attachments();
      } catch (DocumentException unfit) {
        data.put("data", unfit.getMessage());
      }
    }
    return failure(code, text(thrown), data, extra);
  }

  private Answer failure(ErrorCode code, String message, ObjectNode data, List<byte[]> extra) {
    return new Answer(JsonRpc.error(id, code, message, data), extra, message);
  }

  private static String text(Throwable thrown) {
    try {
      String message = thrown.getMessage();
      return message == null ? thrown.getClass().getName() : message;
    } catch (RuntimeException | StackOverflowError hostile) {
      return thrown.getClass().getName() + ", whose message could not be had";
    }
  }
}
