package dev.pyvisor.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.ChatResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/** A model that says what it was told to say, and remembers what it was shown. */
final class ScriptedModel implements ChatModel {
  /** What it was given in each turn. */
  final List<ChatRequest> requests = new ArrayList<>();

  private final List<Function<String, AiMessage>> turns = new ArrayList<>();

  /** Its next turn, which sees the last result. */
  ScriptedModel then(Function<String, AiMessage> turn) {
    turns.add(turn);
    return this;
  }

  /** Calls a tool with one text argument. */
  ScriptedModel calls(String tool, String argument, String text) {
    String arguments = JsonMapper.shared().createObjectNode().put(argument, text).toString();
    return then(
        last ->
            AiMessage.from(
                ToolExecutionRequest.builder()
                    .id("call-" + requests.size())
                    .name(tool)
                    .arguments(arguments)
                    .build()));
  }

  /** Runs Python. */
  ScriptedModel runs(String code) {
    return calls("python", "code", code);
  }

  /** Says what the last tool has answered. */
  ScriptedModel repeats() {
    return then(AiMessage::from);
  }

  @Override
  public ChatResponse doChat(ChatRequest request) {
    requests.add(request);
    String last = "";
    for (ChatMessage message : request.messages()) {
      if (message instanceof ToolExecutionResultMessage result) {
        last = result.hasSingleText() ? result.text() : result.contents().toString();
      }
    }
    return ChatResponse.builder().aiMessage(turns.remove(0).apply(last)).build();
  }

  /** The results of tools that it was shown, in their order. */
  List<ToolExecutionResultMessage> results() {
    return requests.get(requests.size() - 1).messages().stream()
        .filter(ToolExecutionResultMessage.class::isInstance)
        .map(ToolExecutionResultMessage.class::cast)
        .toList();
  }
}
