package dev.pyvisor.tool;

import dev.pyvisor.document.Document;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentReader;
import dev.pyvisor.document.DocumentWriter;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One call of a tool, from its envelope to its answer. Whatever the tool returns or throws becomes
 * an answer, errors of the JVM included: Python must not wait for one that never comes.
 *
 * <p>Confined to a tool thread.
 */
public final class ToolCall {
  private static final String METHOD = "tool.call";

  private final String id;
  private final byte[] envelope;
  private final List<byte[]> attachments;
  private final Path scratch;

  /**
   * What a call comes to.
   *
   * <p>Immutable.
   *
   * @param envelope the JSON-RPC answer
   * @param attachments the bytes that it refers to
   * @param failure why it failed, for listeners
   */
  public record Answer(byte[] envelope, List<byte[]> attachments, @Nullable String failure) {}

  /** Thrown to answer with a code of the error table. */
  private static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;
    private final ErrorCode code;

    Refused(ErrorCode code, String message) {
      super(message, null, false, false);
      this.code = code;
    }
  }

  /**
   * @param id the call's id as JSON text
   * @param scratch a directory for those of its files, outside of every workspace
   */
  public ToolCall(String id, byte[] envelope, List<byte[]> attachments, Path scratch) {
    this.id = id;
    this.envelope = envelope;
    this.attachments = List.copyOf(attachments);
    this.scratch = scratch;
  }

  /** Runs the tool on this thread. {@code context} is made once the tool's name is known. */
  public Answer run(ToolRegistry registry, Function<String, ToolContext> context) {
    Failures failures = new Failures(id);
    ToolContext made = null;
    try {
      JsonNode params = params();
      Tool tool = tool(registry, params.path("name").asString(""));
      made = context.apply(tool.name());
      ToolArguments arguments = arguments(tool, params);
      try (SyncedFiles files = SyncedFiles.of(tool, arguments, made, new ToolFolder(scratch))) {
        Object result = tool.function().call(files.arguments(), made);
        Object awaited = result instanceof CompletionStage<?> stage ? await(stage) : result;
        files.writeBack();
        return answer(awaited);
      }
    } catch (Refused refused) {
      return failures.refused(refused.code, String.valueOf(refused.getMessage()));
    } catch (Throwable thrown) {
      return failures.thrown(thrown, made != null && made.cancelled());
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
    throw new Refused(
        ErrorCode.INVALID_ARGUMENT, METHOD + ": params must be an object with name, args, kwargs");
  }

  private static Tool tool(ToolRegistry registry, String name) throws Refused {
    Tool tool = registry.find(name).orElse(null);
    if (tool == null) {
      throw new Refused(
          ErrorCode.TOOL_NOT_FOUND,
          "Unknown tool: "
              + shown(name)
              + "; the session has "
              + shown(String.join(", ", registry.names())));
    }
    return tool;
  }

  private ToolArguments arguments(Tool tool, JsonNode params) throws Refused {
    DocumentReader reader = new DocumentReader(attachments);
    JsonNode args = params.path("args");
    JsonNode kwargs = params.path("kwargs");
    if (!(args.isArray() || args.isMissingNode())
        || !(kwargs.isObject() || kwargs.isMissingNode())) {
      throw new Refused(
          ErrorCode.INVALID_ARGUMENT, METHOD + ": args must be a list and kwargs an object");
    }
    List<@Nullable Object> positional = new ArrayList<>(args.size());
    args.forEach(value -> positional.add(reader.read(value)));
    Map<String, @Nullable Object> named = new LinkedHashMap<>();
    kwargs.properties().forEach(field -> named.put(field.getKey(), reader.read(field.getValue())));
    try {
      return tool.bind(positional, named);
    } catch (IllegalArgumentException misfit) {
      throw new Refused(ErrorCode.INVALID_ARGUMENT, String.valueOf(misfit.getMessage()));
    }
  }

  private static @Nullable Object await(CompletionStage<?> stage) throws Throwable {
    CompletableFuture<?> future = stage.toCompletableFuture();
    try {
      return future.get();
    } catch (ExecutionException failed) {
      throw failed.getCause() == null ? failed : failed.getCause();
    } catch (InterruptedException cancelled) {
      future.cancel(true); // what nobody waits for need not go on
      throw cancelled;
    }
  }

  private Answer answer(@Nullable Object result) throws Refused {
    try {
      Document document = DocumentWriter.write(result);
      return new Answer(JsonRpc.result(id, document.json()), document.attachments(), null);
    } catch (DocumentException unfit) {
      ErrorCode code =
          unfit.code() == ErrorCode.MESSAGE_TOO_LARGE ? unfit.code() : ErrorCode.TOOL_FAILED;
      throw new Refused(code, "the tool's result: " + unfit.getMessage());
    }
  }

  private static String shown(String text) {
    return text.length() <= Limits.GARBAGE_SHOWN
        ? text
        : text.substring(0, Limits.GARBAGE_SHOWN) + "…";
  }
}
