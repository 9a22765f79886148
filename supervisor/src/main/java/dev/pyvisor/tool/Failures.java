package dev.pyvisor.tool;

import dev.pyvisor.document.Document;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentWriter;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.tool.ToolCall.Answer;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.JsonRpc;
import java.util.List;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Answers for calls that failed. The exception's type, message and data go to Python, no stack
 * trace does (ERR-4). An exception is code of the user's: its message may throw.
 *
 * <p>Confined to a tool thread.
 */
final class Failures {
  private final String id;

  Failures(String id) {
    this.id = id;
  }

  Answer refused(ErrorCode code, String message) {
    return new Answer(JsonRpc.error(id, code, message), List.of(), message);
  }

  Answer thrown(Throwable thrown, boolean cancelled) {
    try {
      return described(thrown, cancelled);
    } catch (Throwable again) {
      // Out of stack or memory even for this: by now the tool's share of both is free.
      return refused(ErrorCode.TOOL_FAILED, thrown.getClass().getName());
    }
  }

  private Answer described(Throwable thrown, boolean cancelled) {
    String message = message(thrown);
    ObjectNode data = JsonNodeFactory.instance.objectNode();
    data.put("type", thrown.getClass().getName()).put("message", message);
    List<byte[]> attachments = List.of();
    if (thrown instanceof ToolFailure failure && failure.data() != null) {
      try {
        Document document = DocumentWriter.write(failure.data());
        data.set("data", Json.MAPPER.readTree(document.json()));
        attachments = document.attachments();
      } catch (DocumentException unfit) {
        data.put("data", "not sent: " + unfit.getMessage());
      }
    }
    return new Answer(
        JsonRpc.error(id, code(thrown, cancelled), message, data), attachments, message);
  }

  private static ErrorCode code(Throwable thrown, boolean cancelled) {
    if (thrown instanceof RunnerException runner && runner.code() == ErrorCode.REENTRANT_CALL) {
      return ErrorCode.REENTRANT_CALL;
    }
    return cancelled ? ErrorCode.CANCELLED : ErrorCode.TOOL_FAILED;
  }

  private static String message(Throwable thrown) {
    try {
      String message = thrown.getMessage();
      return message == null ? thrown.getClass().getName() : message;
    } catch (Throwable hostile) {
      return thrown.getClass().getName() + ", whose message cannot be had";
    }
  }
}
