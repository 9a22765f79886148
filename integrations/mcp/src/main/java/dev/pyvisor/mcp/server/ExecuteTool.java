package dev.pyvisor.mcp.server;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.agent.Images;
import dev.pyvisor.agent.OutcomeText;
import dev.pyvisor.mcp.McpLimits;
import dev.pyvisor.outcome.Outcome;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Content;
import io.modelcontextprotocol.spec.McpSchema.ImageContent;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Running code, and interrupting it.
 *
 * <p>Immutable.
 */
final class ExecuteTool {
  private static final String WHOLE =
      "print less, or write it to a file in the working directory and get that with get_file";

  private static final String EXECUTE =
      """
      {"type": "object", "additionalProperties": false, "required": ["code"], "properties": {
        "code": {"type": "string", "description": "Python; await works at the top level"},
        "session": %s,
        "timeout_seconds": {"type": "number", "exclusiveMinimum": 0, "maximum": %d,
          "description": "how long it may run; then it is interrupted, and the state stays"}}}
      """
          .formatted(PythonTools.SESSION, McpLimits.CELL_SECONDS);

  private ExecuteTool() {}

  static List<PythonTool> all() {
    return List.of(
        new PythonTool(
            "execute",
            "Runs Python code in a session that keeps its state from call to call: variables,"
                + " functions, imports, files in the working directory. The answer has what was"
                + " printed, the value of the last expression, and the error with its traceback;"
                + " its last line says what became of the code, and of the session's state if"
                + " anything happened to that. Calls to one session run one after another, calls"
                + " to several at the same time.",
            EXECUTE,
            PythonTool.Hints.DESTROYS,
            PythonTool.Order.IN_TURN,
            ExecuteTool::execute),
        new PythonTool(
            "interrupt",
            "Interrupts the code that runs in a session, as Ctrl-C would; the session's state"
                + " stays. What waits behind it runs.",
            PythonTools.SESSION_ONLY,
            PythonTool.Hints.CHANGES,
            PythonTool.Order.AT_ONCE,
            ExecuteTool::interrupt));
  }

  private static CompletionStage<CallToolResult> execute(Call call) {
    Cell cell = Cell.of(call.arguments().text("code")).withValue();
    if (call.progress().wanted()) {
      cell = cell.listener(call.progress());
    }
    Duration limit =
        call.arguments()
            .number("timeout_seconds")
            // What is below a millisecond is no limit that a cell can have.
            .map(seconds -> Duration.ofMillis(Math.max(1, Math.round(seconds * 1_000))))
            .orElse(Duration.ZERO);
    CellRun run = call.session().start(limit.isZero() ? cell : cell.timeout(limit));
    call.open().onCancel(run::interrupt);
    return run.outcome().thenApply(ExecuteTool::answer);
  }

  /** Images that the cell displays, or that its value is, stand beside the text. */
  private static CallToolResult answer(Outcome outcome) {
    String text = OutcomeText.of(outcome, WHOLE);
    List<Content> contents = new ArrayList<>();
    contents.add(TextContent.builder(text).build());
    Images.of(outcome).forEach(image -> contents.add(shown(image)));
    return outcome.ok() ? Answers.of(contents) : Answers.failed(contents);
  }

  private static Content shown(Images.Image image) {
    return ImageContent.builder(
            Base64.getEncoder().encodeToString(image.bytes()), image.mediaType())
        .build();
  }

  private static CompletionStage<CallToolResult> interrupt(Call call) {
    return call.session()
        .interruptAsync()
        .thenApply(
            running ->
                Answers.text(
                    running
                        ? "interrupted; the answer of its execute says what became of the code, and"
                            + " the session is free"
                        : "nothing runs in that session"));
  }
}
