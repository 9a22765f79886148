package dev.pyvisor.mcp.server;

import dev.pyvisor.mcp.McpLimits;
import io.modelcontextprotocol.spec.McpSchema.BlobResourceContents;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.EmbeddedResource;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A file, or a part of it, as an answer.
 *
 * <p>Immutable.
 *
 * @param path what the client calls it
 * @param as auto, text or base64
 * @param offset the first byte
 */
record FileView(String path, String as, long offset) {
  /** What models can look at. */
  private static final Map<String, String> IMAGES =
      Map.of(
          "png", "image/png",
          "jpg", "image/jpeg",
          "jpeg", "image/jpeg",
          "gif", "image/gif",
          "webp", "image/webp");

  CallToolResult of(Path host) {
    try {
      long size = Files.size(host);
      Optional<String> image = as.equals("auto") ? image() : Optional.empty();
      if (image.isPresent() && offset == 0 && size <= McpLimits.IMAGE_BYTES) {
        return Answers.of(
            List.of(ImageContent.builder(base64(Files.readAllBytes(host)), image.get()).build()));
      }
      return part(host, size);
    } catch (IOException failed) {
      throw new UncheckedIOException(path + " could not be read on the host", failed);
    }
  }

  private CallToolResult part(Path host, long size) throws IOException {
    if (offset > size) {
      throw new Refused(path + " has " + size + " bytes, and offset is " + offset);
    }
    byte[] bytes = read(host, (int) Math.min(McpLimits.GET_BYTES, size - offset));
    boolean last = offset + bytes.length == size;
    Optional<Cut> text = as.equals("base64") ? Optional.empty() : text(bytes, last);
    if (text.isEmpty() && as.equals("text")) {
      throw new Refused(path + " is not text in UTF-8; get it as base64");
    }
    int taken = text.map(Cut::bytes).orElse(bytes.length);
    List<Content> contents = new ArrayList<>();
    contents.add(text.<Content>map(Cut::content).orElseGet(() -> blob(bytes)));
    if (offset + taken < size) {
      contents.add(
          TextContent.builder(
                  "[bytes "
                      + offset
                      + " to "
                      + (offset + taken)
                      + " of "
                      + size
                      + "; the next part begins at offset "
                      + (offset + taken)
                      + "]")
              .build());
    }
    return Answers.of(contents);
  }

  private byte[] read(Path host, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    try (SeekableByteChannel file = Files.newByteChannel(host)) {
      file.position(offset);
      while (buffer.hasRemaining() && file.read(buffer) >= 0) {
        // On to the next part of it.
      }
    }
    return buffer.array();
  }

  /** Text, without a character that the part's end has cut; empty where it is none. */
  private static Optional<Cut> text(byte[] bytes, boolean last) {
    for (int less = 0; less <= (last ? 0 : 3) && less <= bytes.length; less++) {
      try {
        ByteBuffer part = ByteBuffer.wrap(bytes, 0, bytes.length - less);
        return Optional.of(
            new Cut(
                StandardCharsets.UTF_8.newDecoder().decode(part).toString(), bytes.length - less));
      } catch (CharacterCodingException odd) {
        // The end may stand in a character: of four bytes, up to three.
      }
    }
    return Optional.empty();
  }

  private Content blob(byte[] bytes) {
    return EmbeddedResource.builder(
            BlobResourceContents.builder(uri(), base64(bytes))
                .mimeType(image().orElse("application/octet-stream"))
                .build())
        .build();
  }

  private String uri() {
    try {
      return new URI("workspace", null, "/" + path, null).toString();
    } catch (URISyntaxException odd) {
      throw new Refused("the path " + path + " cannot be written: " + odd.getMessage());
    }
  }

  private Optional<String> image() {
    int dot = path.lastIndexOf('.');
    return Optional.ofNullable(IMAGES.get(path.substring(dot + 1).toLowerCase(Locale.ROOT)));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private record Cut(String text, int bytes) {
    Content content() {
      return TextContent.builder(text).build();
    }
  }
}
