package dev.pyvisor.langchain4j;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.agent.tool.ToolSpecifications;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.ToolArgumentsException;
import dev.langchain4j.exception.ToolExecutionException;
import dev.langchain4j.internal.JsonSchemaElementUtils;
import dev.langchain4j.invocation.InvocationContext;
import dev.langchain4j.invocation.InvocationParameters;
import dev.langchain4j.service.tool.DefaultToolExecutor;
import dev.langchain4j.service.tool.ToolExecutionResult;
import dev.langchain4j.service.tool.ToolExecutor;
import dev.langchain4j.service.tool.ToolProvider;
import dev.langchain4j.service.tool.ToolProviderRequest;
import dev.pyvisor.agent.SchemaTool;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.tool.ToolContext;
import dev.pyvisor.tool.ToolFailure;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * LangChain4j's tools as functions that Python code calls, each with the schema and the description
 * that LangChain4j has for it.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class HostTools {
  private HostTools() {}

  /**
   * A function for each method with LangChain4j's {@code @Tool}.
   *
   * @throws IllegalArgumentException when there is none, or a name stands twice
   */
  public static List<Tool> of(Object annotated) {
    List<Tool> tools = new ArrayList<>();
    methods(annotated).forEach((specification, executor) -> tools.add(of(specification, executor)));
    return tools;
  }

  /** The methods with LangChain4j's {@code @Tool}, inherited ones included. */
  static Map<ToolSpecification, ToolExecutor> methods(Object annotated) {
    Map<ToolSpecification, ToolExecutor> methods = new LinkedHashMap<>();
    for (Class<?> type = annotated.getClass(); type != null; type = type.getSuperclass()) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.isAnnotationPresent(dev.langchain4j.agent.tool.Tool.class)) {
          methods.put(
              ToolSpecifications.toolSpecificationFrom(method), executor(annotated, method));
        }
      }
    }
    if (methods.isEmpty()) {
      throw new IllegalArgumentException(
          annotated.getClass().getName() + " has no method with LangChain4j's @Tool");
    }
    return methods;
  }

  private static ToolExecutor executor(Object annotated, Method method) {
    return DefaultToolExecutor.builder()
        .object(annotated)
        .originalMethod(method)
        .methodToInvoke(method)
        .wrapToolArgumentsExceptions(true)
        .propagateToolExecutionExceptions(true)
        .build();
  }

  /** A function for each tool that the provider has for a message of this conversation. */
  public static List<Tool> of(ToolProvider provider, Object memoryId, UserMessage message) {
    ToolProviderRequest request =
        ToolProviderRequest.builder()
            .invocationContext(context(memoryId))
            .userMessage(message)
            .build();
    return provider.provideTools(request).aiServiceTools().stream()
        .map(tool -> of(tool.toolSpecification(), tool.toolExecutor()))
        .toList();
  }

  /**
   * One tool as a function. What a method returned arrives as LangChain4j writes it in JSON, a text
   * as it is, unless it is a JSON object or array of an executor that knows texts only; an image as
   * bytes; an error as a {@code ToolError} with its text.
   */
  public static Tool of(ToolSpecification specification, ToolExecutor executor) {
    return SchemaTool.of(
        specification.name(),
        specification.description() == null ? "" : specification.description(),
        schema(specification),
        (arguments, context) -> call(specification.name(), executor, arguments, context));
  }

  private static String schema(ToolSpecification specification) {
    return specification.parameters() == null
        ? "{\"type\":\"object\",\"properties\":{}}"
        : JsonMapper.shared()
            .writeValueAsString(JsonSchemaElementUtils.toMap(specification.parameters()));
  }

  private static @Nullable Object call(
      String name, ToolExecutor executor, String arguments, ToolContext context) throws Exception {
    ToolExecutionRequest request =
        ToolExecutionRequest.builder()
            .id(UUID.randomUUID().toString())
            .name(name)
            .arguments(arguments)
            .build();
    ToolExecutionResult result;
    try {
      result = executor.executeWithContext(request, context(context.session().name()));
    } catch (ToolExecutionException | ToolArgumentsException wrapped) {
      throw wrapped.getCause() instanceof Exception cause ? cause : wrapped;
    }
    if (result.isError()) {
      throw new ToolFailure(text(result));
    }
    return value(result);
  }

  private static InvocationContext context(Object memoryId) {
    return InvocationContext.builder()
        .invocationId(UUID.randomUUID())
        .chatMemoryId(memoryId)
        .invocationParameters(InvocationParameters.from(Map.of()))
        .timestampNow()
        .build();
  }

  private static @Nullable Object value(ToolExecutionResult result) {
    List<Content> contents = contents(result);
    if (contents.stream().allMatch(TextContent.class::isInstance)) {
      return result.result() instanceof String text ? text : parsed(result);
    }
    List<@Nullable Object> values = new ArrayList<>();
    contents.forEach(content -> values.add(value(content)));
    return values.size() == 1 ? values.get(0) : values;
  }

  private static Object value(Content content) {
    if (content instanceof TextContent text) {
      return text.text();
    }
    if (content instanceof ImageContent image) {
      String base64 = image.image().base64Data();
      return base64 == null
          ? String.valueOf(image.image().url())
          : Base64.getDecoder().decode(base64);
    }
    return content.toString();
  }

  private static List<Content> contents(ToolExecutionResult result) {
    return result.resultContents() == null ? List.of() : result.resultContents();
  }

  private static String text(ToolExecutionResult result) {
    String text = result.resultText();
    return text == null ? "" : text;
  }

  /** LangChain4j has JSON for what a tool returns, and some executors know nothing but text. */
  private static @Nullable Object parsed(ToolExecutionResult result) {
    String text = text(result);
    boolean structured = text.startsWith("{") || text.startsWith("[");
    if (result.result() == null && !structured) {
      return text;
    }
    try {
      return JsonMapper.shared().readValue(text, Object.class);
    } catch (JacksonException plain) {
      return text;
    }
  }
}
