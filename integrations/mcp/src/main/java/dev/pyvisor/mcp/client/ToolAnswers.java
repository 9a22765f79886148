package dev.pyvisor.mcp.client;

import dev.pyvisor.agent.Clip;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.tool.ToolFailure;
import io.modelcontextprotocol.spec.McpSchema.AudioContent;
import io.modelcontextprotocol.spec.McpSchema.BlobResourceContents;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.EmbeddedResource;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.ResourceLink;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a server's tool answered, as what Python gets.
 *
 * <p>Immutable.
 */
final class ToolAnswers {
  private ToolAnswers() {}

  /**
   * Its structured content if there is some; else its texts as one; else each of its contents, and
   * one by itself.
   *
   * @throws ToolFailure when the tool says that it failed
   */
  static @Nullable Object value(String tool, CallToolResult result) {
    List<Content> contents = result.content();
    if (Boolean.TRUE.equals(result.isError())) {
      String text = text(contents);
      throw new ToolFailure(
          text.isEmpty()
              ? tool + "() failed, and its server does not say why"
              : Clip.of(text, McpLimits.FAILURE_TEXT, ""),
          result.structuredContent());
    }
    if (result.structuredContent() != null) {
      return result.structuredContent();
    }
    if (contents.isEmpty()) {
      return null;
    }
    if (contents.stream().allMatch(TextContent.class::isInstance)) {
      return text(contents);
    }
    List<Object> values = new ArrayList<>();
    contents.forEach(content -> values.add(value(content)));
    return values.size() == 1 ? values.get(0) : values;
  }

  private static String text(List<Content> contents) {
    return contents.stream()
        .filter(TextContent.class::isInstance)
        .map(content -> ((TextContent) content).text())
        .collect(Collectors.joining("\n"));
  }

  private static Object value(Content content) {
    if (content instanceof TextContent text) {
      return text.text();
    }
    if (content instanceof ImageContent image) {
      return Base64.getDecoder().decode(image.data());
    }
    if (content instanceof AudioContent audio) {
      return Base64.getDecoder().decode(audio.data());
    }
    if (content instanceof ResourceLink link) {
      Map<String, @Nullable Object> told = new LinkedHashMap<>();
      told.put("uri", link.uri());
      told.put("name", link.name());
      told.put("mimeType", link.mimeType());
      return told;
    }
    if (content instanceof EmbeddedResource embedded) {
      if (embedded.resource() instanceof TextResourceContents text) {
        return text.text();
      }
      if (embedded.resource() instanceof BlobResourceContents blob) {
        return Base64.getDecoder().decode(blob.blob());
      }
    }
    return content.toString();
  }
}
