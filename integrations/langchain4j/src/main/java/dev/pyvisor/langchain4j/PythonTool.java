package dev.pyvisor.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.service.tool.ToolExecutionResult;
import dev.langchain4j.service.tool.ToolExecutor;
import dev.langchain4j.service.tool.ToolProvider;
import dev.langchain4j.service.tool.ToolProviderRequest;
import dev.langchain4j.service.tool.ToolProviderResult;
import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.agent.Images;
import dev.pyvisor.agent.OutcomeText;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolStubs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A session as a tool that a model calls with Python code. What the code does wrong, a deadline
 * that passes and a runner that dies are results that say what is left of the session's state,
 * never exceptions.
 *
 * <p>Thread-safe: the session runs what it is given in turn.
 */
public final class PythonTool implements ToolExecutor, ToolProvider {
  static final String REST =
      "print less of it, or keep it in a variable and look at its parts in another call";

  private static final String CODE = "code";

  private final Function<Object, Session> sessions;
  private final ToolSpecification specification;
  private final UnaryOperator<Cell> form;
  private final Consumer<Outcome> listener;

  private PythonTool(
      Function<Object, Session> sessions,
      ToolSpecification specification,
      UnaryOperator<Cell> form,
      Consumer<Outcome> listener) {
    this.sessions = sessions;
    this.specification = specification;
    this.form = form;
    this.listener = listener;
  }

  /**
   * A tool named {@code python} over one session.
   *
   * @param functions what the model is told that code can call; they must be registered with the
   *     session or its client
   */
  public static PythonTool of(Session session, Collection<Tool> functions) {
    return of(memory -> session, functions);
  }

  /**
   * The same, with a session for each of LangChain4j's memory ids, so that no conversation sees
   * another's state.
   *
   * @param sessions finds or opens the session of a memory id; called on the calling thread
   */
  public static PythonTool of(Function<Object, Session> sessions, Collection<Tool> functions) {
    return new PythonTool(
        sessions,
        ToolSpecification.builder()
            .name("python")
            .description(description(functions))
            .parameters(
                JsonObjectSchema.builder()
                    .addStringProperty(CODE, "Python, as many statements as you like")
                    .required(CODE)
                    .build())
            .build(),
        Cell::withValue,
        outcome -> {});
  }

  /** The same tool, with a deadline of its own for each cell instead of the client's. */
  public PythonTool timeout(Duration limit) {
    return new PythonTool(
        sessions, specification, cell -> form.apply(cell).timeout(limit), listener);
  }

  /**
   * The same tool, which tells each outcome to the host, too, before the model sees it: a typed
   * answer is {@code outcome.submission()}.
   *
   * @param hears called on the thread that runs the tool; what it throws reaches LangChain4j
   */
  public PythonTool onOutcome(Consumer<Outcome> hears) {
    return new PythonTool(sessions, specification, form, listener.andThen(hears));
  }

  private static String description(Collection<Tool> functions) {
    String about =
        "Runs Python and returns what it printed and the value of a last expression. Variables,"
            + " functions and imports stay for the next call. Top-level await works.";
    return functions.isEmpty()
        ? about
        : about
            + " The code can call these functions of the host, several at once with"
            + " asyncio.gather:\n\n"
            + ToolStubs.of(functions);
  }

  /** What a model is told. */
  public ToolSpecification specification() {
    return specification;
  }

  @Override
  public ToolProviderResult provideTools(ToolProviderRequest request) {
    return new ToolProviderResult(Map.of(specification, this));
  }

  @Override
  public String execute(ToolExecutionRequest request, Object memoryId) {
    return run(request, memoryId).resultText();
  }

  @Override
  public ToolExecutionResult executeWithContext(
      ToolExecutionRequest request, InvocationContext context) {
    return run(request, context.chatMemoryId());
  }

  private ToolExecutionResult run(ToolExecutionRequest request, Object memoryId) {
    Optional<String> code = code(request.arguments());
    if (code.isEmpty()) {
      return result(
          true,
          "the arguments have to be a JSON object with the text 'code', such as"
              + " {\"code\": \"print(1)\"}; nothing was run",
          List.of());
    }
    try {
      Outcome outcome = sessions.apply(memoryId).execute(form.apply(Cell.of(code.get())));
      listener.accept(outcome);
      boolean good =
          outcome.kind() == OutcomeKind.COMPLETED || outcome.kind() == OutcomeKind.SUBMITTED;
      return result(!good, OutcomeText.of(outcome, REST), images(outcome));
    } catch (RunnerException failure) {
      return result(true, "the code could not be run: " + failure.getMessage(), List.of());
    }
  }

  private static Optional<String> code(String arguments) {
    try {
      JsonNode code = JsonMapper.shared().readTree(arguments).path(CODE);
      return code.isString() ? Optional.of(code.asString()) : Optional.empty();
    } catch (JacksonException noJson) {
      return Optional.empty();
    }
  }

  private static List<Content> images(Outcome outcome) {
    return Images.of(outcome).stream()
        .<Content>map(
            image ->
                ImageContent.from(
                    Base64.getEncoder().encodeToString(image.bytes()), image.mediaType()))
        .toList();
  }

  private static ToolExecutionResult result(boolean failed, String text, List<Content> images) {
    List<Content> contents = new ArrayList<>(List.of(TextContent.from(text)));
    contents.addAll(images);
    ToolExecutionResult.Builder result = ToolExecutionResult.builder().isError(failed);
    return images.isEmpty()
        ? result.resultText(text).build()
        : result.resultContents(contents).build();
  }
}
