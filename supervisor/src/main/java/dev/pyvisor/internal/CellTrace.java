package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.log.DebugLog;
import dev.pyvisor.log.Facts;
import dev.pyvisor.log.LogEvent;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.Output;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Message;

/**
 * What happens to cells and to the tools that they call, in the words of the debug log.
 *
 * <p>Thread-safe: it holds no state but the log, which guards itself.
 */
final class CellTrace {
  private final DebugLog log;

  CellTrace(DebugLog log) {
    this.log = log;
  }

  /** Its turn has come; of the code no more than its length and hash is told. */
  void start(SessionCore session, CellRequest request, int cell) {
    if (log.isOn()) {
      log.note(
          LogEvent.CELL_START,
          facts -> {
            Trace.of(session, facts).put("cell", cell).put("method", request.method());
            request.code().ifPresent(facts::code);
            request
                .limit()
                .duration()
                .ifPresent(limit -> facts.put("timeout_ms", limit.toMillis()));
          });
    }
  }

  void interrupt(SessionCore session, int cell) {
    if (log.isOn()) {
      log.note(LogEvent.CELL_INTERRUPT, facts -> Trace.of(session, facts).put("cell", cell));
    }
  }

  /** What it printed is told only where it failed, and only the end of that. */
  void end(SessionCore session, CellRequest request, Outcome outcome) {
    if (!log.isOn()) {
      return;
    }
    if (!outcome.ok() && outcome.stdout().size() + outcome.stderr().size() > 0) {
      log.note(
          LogEvent.CELL_PARTIAL_OUTPUT,
          facts -> {
            Trace.of(session, facts).put("cell", outcome.cell());
            output(facts, "stdout", outcome.stdout());
            output(facts, "stderr", outcome.stderr());
          });
    }
    log.note(
        LogEvent.CELL_END,
        facts -> {
          Trace.of(session, facts)
              .put("cell", outcome.cell())
              .put("method", request.method())
              .put("outcome", outcome.kind().wireName())
              .put("stdout_bytes", outcome.stdout().size())
              .put("stderr_bytes", outcome.stderr().size())
              .put("tool_calls", outcome.toolCalls())
              .put("elapsed_ms", outcome.elapsed().toMillis());
          outcome
              .error()
              .ifPresent(error -> facts.put("error", error.type()).put("message", error.message()));
          outcome
              .cause()
              .ifPresent(cause -> facts.put("cause", cause.kind()).put("detail", cause.text()));
          Trace.state(facts, outcome.state());
        });
  }

  private static void output(Facts facts, String name, Output output) {
    if (output.size() > 0) {
      facts.putEnd(name, output.end(Defaults.LOG_WINDOW));
    }
  }

  // ---- the tools that it calls ----

  /** What is given by position is told under the name of its parameter. */
  void toolStart(ToolDesk desk, Message call, String id, String tool) {
    if (log.isOn()) {
      log.note(
          LogEvent.TOOL_START,
          facts ->
              Trace.of(desk.session(), facts)
                  .put("cell", call.cell())
                  .put("call", id)
                  .put("tool", tool)
                  .put(
                      "arguments",
                      CalledWith.named(call, desk.parameters(tool)),
                      call.envelope().length));
    }
  }

  /** {@code failure}: empty where it returned. */
  void toolEnd(SessionCore session, Message call, String id, String tool, String failure) {
    if (log.isOn()) {
      log.note(
          LogEvent.TOOL_END,
          facts -> {
            Trace.of(session, facts).put("cell", call.cell()).put("call", id).put("tool", tool);
            facts.put("ok", failure.isEmpty());
            if (!failure.isEmpty()) {
              facts.put("failure", failure);
            }
          });
    }
  }

  /** The call is over before its answer. */
  void toolCancelled(SessionCore session, Message call, String id, String why) {
    if (log.isOn()) {
      log.note(
          LogEvent.TOOL_CANCELLED,
          facts ->
              Trace.of(session, facts).put("cell", call.cell()).put("call", id).put("why", why));
    }
  }

  /** The call is answered without a tool having run. */
  void toolRefused(SessionCore session, Message call, byte[] answer) {
    if (log.isOn()) {
      log.note(
          LogEvent.TOOL_REFUSED,
          facts ->
              Trace.of(session, facts)
                  .put("cell", call.cell())
                  .put(
                      "why",
                      Json.MAPPER.readTree(answer).path("error").path("message").asString("")));
    }
  }
}
