package dev.pyvisor.mcp.server;

import dev.pyvisor.CheckpointReport;
import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Sessions, and going back to what they were.
 *
 * <p>Immutable.
 */
final class StateTools {
  private static final String CHECKPOINT =
      """
      {"type": "object", "additionalProperties": false, "required": ["name"], "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "session": %s}}
      """
          .formatted(PythonTools.SESSION);

  private static final String OPEN =
      """
      {"type": "object", "additionalProperties": false, "required": ["session"], "properties": {
        "session": {"type": "string", "minLength": 1, "maxLength": 200, "description": "its name"},
        "branch_of": {"type": "string",
          "description": "begin with a copy of this session's state; left out: empty"},
        "checkpoint": {"type": "string",
          "description": "with branch_of: as it was at this checkpoint"}}}
      """;

  private static final String CLOSE =
      """
      {"type": "object", "additionalProperties": false, "required": ["session"], "properties": {
        "session": {"type": "string", "description": "its name"}}}
      """;

  private static final String NOTHING =
      """
      {"type": "object", "additionalProperties": false, "properties": {}}
      """;

  private StateTools() {}

  static List<PythonTool> all() {
    return List.of(
        new PythonTool(
            "open_session",
            "Opens another session beside "
                + Defaults.SESSION
                + ", with a state and a process of its own; or a branch, which begins with all that"
                + " another session has.",
            OPEN,
            PythonTool.Hints.CHANGES,
            PythonTool.Order.IN_TURN,
            StateTools::open),
        new PythonTool(
            "close_session",
            "Ends a session, with its state and its files. "
                + Defaults.SESSION
                + " starts over instead.",
            CLOSE,
            PythonTool.Hints.DESTROYS,
            PythonTool.Order.IN_TURN,
            StateTools::close),
        new PythonTool(
            "list_sessions",
            "Names the sessions that are open.",
            NOTHING,
            PythonTool.Hints.READS,
            PythonTool.Order.AT_ONCE,
            call -> Answers.now(String.join("\n", call.bench().names()))),
        new PythonTool(
            "checkpoint",
            "Keeps a session's state under a name, to go back to with rollback. Files are not in"
                + " it. A session has at most four.",
            CHECKPOINT,
            PythonTool.Hints.CHANGES,
            PythonTool.Order.IN_TURN,
            StateTools::checkpoint),
        new PythonTool(
            "rollback",
            "Brings a session back to a checkpoint, which stays. Files that were written and what"
                + " was sent are not undone.",
            CHECKPOINT,
            PythonTool.Hints.DESTROYS,
            PythonTool.Order.IN_TURN,
            StateTools::rollback));
  }

  private static CompletionStage<CallToolResult> open(Call call) {
    String name = call.arguments().text("session");
    Optional<String> parent = call.arguments().find("branch_of");
    Optional<String> checkpoint = call.arguments().find("checkpoint");
    if (parent.isEmpty()) {
      if (checkpoint.isPresent()) {
        throw new Refused("checkpoint goes with branch_of; say whose checkpoint it is");
      }
      call.bench().open(name);
      return Answers.now("the session '" + name + "' is open, and empty");
    }
    Session branch = call.bench().branch(call.bench().session(parent), name, checkpoint);
    return Answers.now(
        "the session '"
            + name
            + "' is open, as a branch of '"
            + parent.get()
            + "'; "
            + branch.origin().map(StateReport::text).orElse("it has all of its state"));
  }

  private static CompletionStage<CallToolResult> close(Call call) {
    String name = call.arguments().text("session");
    call.bench().close(name);
    return Answers.now(
        name.equals(Defaults.SESSION)
            ? "the session '" + name + "' has started over, and is empty"
            : "the session '" + name + "' is closed");
  }

  private static CompletionStage<CallToolResult> checkpoint(Call call) {
    CheckpointReport made = call.session().checkpoint(call.arguments().text("name"));
    return Answers.now(
        "checkpoint '"
            + made.name()
            + "' "
            + (made.source() == StateSource.CHECKPOINT
                ? "has all of the state"
                : "has only plain data, no functions and no other objects")
            + made.reason().map(why -> ": " + why).orElse(""));
  }

  private static CompletionStage<CallToolResult> rollback(Call call) {
    String name = call.arguments().text("name");
    StateReport report = call.session().rollback(name);
    return Answers.now("back at checkpoint '" + name + "'; " + report.text());
  }
}
