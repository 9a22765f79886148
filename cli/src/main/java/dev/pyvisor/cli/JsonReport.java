package dev.pyvisor.cli;

import dev.pyvisor.CellListener;
import dev.pyvisor.CheckpointReport;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.outcome.StateReport;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Writes one line of JSON per cell, in UTF-8, in the form of the command's documentation. */
final class JsonReport implements Report {
  private static final JsonMapper MAPPER = JsonMapper.shared();
  private final PrintStream out;
  private final PrintStream err;

  JsonReport(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public CellListener listener() {
    return new CellListener() {};
  }

  @Override
  public void finished(int number, Outcome outcome) {
    byte[] line = (line(number, outcome) + "\n").getBytes(StandardCharsets.UTF_8);
    out.write(line, 0, line.length);
    out.flush();
  }

  @Override
  public boolean broken() {
    return out.checkError();
  }

  @Override
  public void checkpointed(CheckpointReport checkpoint) {
    // No cell, so no line; whether it worked is all that there is to know.
  }

  @Override
  public void rolledBack(String name, StateReport state) {
    // The next cell's line has its generation.
  }

  @Override
  public void failed(String directive, RunnerException failure) {
    err.println("pyvisor: " + directive + ": " + Failures.explain(failure));
  }

  static String line(int number, Outcome outcome) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("cell", number);
    line.put("outcome", outcome.kind().wireName());
    line.put("stdout", outcome.stdoutText());
    line.put("stderr", outcome.stderrText());
    line.putNull("value");
    outcome.value().ifPresent(value -> line.set("value", MAPPER.readTree(value.json())));
    line.putNull("error");
    outcome.error().ifPresent(error -> line.set("error", error(error)));
    line.putNull("submitted");
    outcome
        .submission()
        .ifPresent(
            submission -> line.set("submitted", MAPPER.readTree(submission.answer().json())));
    if (!outcome.displays().isEmpty()) {
      line.set("displays", displays(outcome.displays()));
    }
    line.set("state", state(outcome.state()));
    line.put("generation", outcome.generation());
    line.put("toolCalls", outcome.toolCalls());
    line.put("elapsedMs", outcome.elapsed().toNanos() / 10_000 / 100.0);
    outcome.cause().ifPresent(cause -> line.put("cause", cause.text()));
    return MAPPER.writeValueAsString(line);
  }

  /** As notebooks have them: by media type, bytes in Base64. */
  private static ArrayNode displays(List<Display> displays) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    for (Display display : displays) {
      ObjectNode forms = all.addObject();
      for (String type : display.mediaTypes()) {
        forms.set(type, MAPPER.valueToTree(display.value(type).orElse(null)));
      }
    }
    return all;
  }

  private static ObjectNode error(PythonError error) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("type", error.type());
    node.put("message", error.message());
    node.put("traceback", error.traceback());
    return node;
  }

  private static ObjectNode state(StateReport state) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("preserved", state.preserved());
    node.put("source", state.source().wireName());
    var restored = node.putArray("restored");
    state.restored().forEach(restored::add);
    var lost = node.putArray("lost");
    state.lost().forEach(lost::add);
    state.reason().ifPresent(reason -> node.put("reason", reason));
    if (!state.notRolledBack().isEmpty()) {
      var notRolledBack = node.putArray("notRolledBack");
      state.notRolledBack().forEach(notRolledBack::add);
    }
    return node;
  }
}
