package dev.pyvisor.mcp.server;

import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFile;
import dev.pyvisor.mcp.McpLimits;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/**
 * The files of a session's working directory. Each passes through a private file of the host's,
 * which is gone when the call is answered.
 *
 * <p>Immutable.
 */
final class FileTools {
  private static final String LIST =
      """
      {"type": "object", "additionalProperties": false, "properties": {
        "path": {"type": "string", "description": "a directory; left out: all of it"},
        "session": %s}}
      """
          .formatted(PythonTools.SESSION);

  private static final String PUT =
      """
      {"type": "object", "additionalProperties": false, "required": ["path"], "properties": {
        "path": %s,
        "text": {"type": "string", "description": "its content as text; this or base64"},
        "base64": {"type": "string", "description": "its content as bytes in base64"},
        "replace": {"type": "boolean", "default": true,
          "description": "whether a file that is there is replaced"},
        "session": %s}}
      """
          .formatted(PythonTools.PATH, PythonTools.SESSION);

  private static final String GET =
      """
      {"type": "object", "additionalProperties": false, "required": ["path"], "properties": {
        "path": %s,
        "as": {"enum": ["auto", "text", "base64"], "default": "auto",
          "description": "auto: an image as one, text as text, anything else as a blob"},
        "offset": {"type": "integer", "minimum": 0, "default": 0,
          "description": "the first byte; one answer has %d"},
        "session": %s}}
      """
          .formatted(PythonTools.PATH, McpLimits.GET_BYTES, PythonTools.SESSION);

  private FileTools() {}

  static List<PythonTool> all() {
    return List.of(
        new PythonTool(
            "list_files",
            "Lists the files of a session's working directory, with their sizes in bytes. Works"
                + " while code runs.",
            LIST,
            PythonTool.Hints.READS,
            PythonTool.Order.AT_ONCE,
            FileTools::list),
        new PythonTool(
            "put_file",
            "Writes a file into a session's working directory. Directories on the way are made.",
            PUT,
            PythonTool.Hints.DESTROYS,
            PythonTool.Order.AT_ONCE,
            FileTools::put),
        new PythonTool(
            "get_file",
            "Reads a file of a session's working directory; one that is too long for an answer in"
                + " parts.",
            GET,
            PythonTool.Hints.READS,
            PythonTool.Order.AT_ONCE,
            FileTools::get));
  }

  private static CompletionStage<CallToolResult> list(Call call) {
    return taken(call, call.session().files().listAsync(call.arguments().find("path").orElse("")))
        .thenApply(FileTools::listed);
  }

  private static CallToolResult listed(List<WorkspaceFile> files) {
    String lines =
        files.stream()
            .limit(McpLimits.LISTED_FILES)
            .map(file -> file.bytes() + "\t" + file.path())
            .collect(Collectors.joining("\n"));
    int more = files.size() - McpLimits.LISTED_FILES;
    return Answers.text(
        files.isEmpty()
            ? "there are no files"
            : more > 0 ? lines + "\n… and " + more + " more; list a directory of it" : lines);
  }

  private static CompletionStage<CallToolResult> put(Call call) throws IOException {
    byte[] content = content(call.arguments());
    if (content.length > McpLimits.PUT_BYTES) {
      throw new Refused(
          "the file has "
              + content.length
              + " bytes, and "
              + McpLimits.PUT_BYTES
              + " is the most; put it in parts and join them with execute");
    }
    String path = call.arguments().text("path");
    Transfer how =
        call.arguments().flag("replace", true) ? Transfer.plain().replacing() : Transfer.plain();
    Path host = Files.createTempFile("pyvisor-mcp-", ".put");
    return gone(
        host,
        () -> {
          Files.write(host, content);
          return taken(call, call.session().files().putAsync(host, path, how))
              .thenApply(done -> Answers.text(content.length + " bytes are in " + path));
        });
  }

  private static byte[] content(Arguments arguments) {
    Optional<String> text = arguments.find("text");
    Optional<String> base64 = arguments.find("base64");
    if (text.isPresent() == base64.isPresent()) {
      throw new Refused("give the content as text or as base64, one of both");
    }
    if (text.isPresent()) {
      return text.get().getBytes(StandardCharsets.UTF_8);
    }
    try {
      return Base64.getMimeDecoder().decode(base64.get());
    } catch (IllegalArgumentException odd) {
      throw new Refused("base64 is no base64: " + odd.getMessage());
    }
  }

  private static CompletionStage<CallToolResult> get(Call call) throws IOException {
    String path = call.arguments().text("path");
    FileView view =
        new FileView(
            path,
            call.arguments().find("as").orElse("auto"),
            call.arguments().number("offset").orElse(0.0).longValue());
    Path folder = Files.createTempDirectory("pyvisor-mcp-");
    Path host = folder.resolve("got");
    return gone(
        folder,
        () ->
            gone(
                host,
                () ->
                    taken(call, call.session().files().listAsync(""))
                        .thenApply(files -> requireSize(files, path))
                        .thenCompose(
                            small ->
                                taken(
                                    call,
                                    call.session()
                                        .files()
                                        .collectAsync(path, host, Transfer.plain())))
                        .thenApply(done -> view.of(host))));
  }

  /** What is no file here is told by the transfer. */
  private static boolean requireSize(List<WorkspaceFile> files, String path) {
    for (WorkspaceFile file : files) {
      if (file.path().equals(path) && file.bytes() > McpLimits.GET_WHOLE_BYTES) {
        throw new Refused(
            path
                + " has "
                + file.bytes()
                + " bytes, and "
                + McpLimits.GET_WHOLE_BYTES
                + " is the most; read the part that matters with execute");
      }
    }
    return true;
  }

  /** A client that takes its call back ends the transfer. */
  private static <T> CompletableFuture<T> taken(Call call, CompletableFuture<T> transfer) {
    call.open().onCancel(() -> transfer.cancel(true));
    return transfer;
  }

  /** Whatever comes of the work, the host keeps nothing. */
  private static CompletionStage<CallToolResult> gone(Path host, Work work) throws IOException {
    try {
      return work.begin().whenComplete((answer, failed) -> delete(host));
    } catch (IOException | RuntimeException | Error failed) {
      delete(host);
      throw failed;
    }
  }

  private static void delete(Path host) {
    try {
      Files.deleteIfExists(host);
    } catch (IOException left) {
      throw new UncheckedIOException(host + " is left", left);
    }
  }

  private interface Work {
    CompletionStage<CallToolResult> begin() throws IOException;
  }
}
