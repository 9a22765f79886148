package dev.pyvisor.internal;

import dev.pyvisor.Value;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.outcome.PythonFrame;
import dev.pyvisor.outcome.SyntaxLocation;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * What a kernel says about a cell of its own: value, error or answer. User code can reach the
 * kernel, so nothing here is believed to be well-formed.
 *
 * <p>Immutable.
 */
record CellReport(Optional<Value> value, Optional<PythonError> error, Optional<Value> submitted) {
  static final CellReport NOTHING =
      new CellReport(Optional.empty(), Optional.empty(), Optional.empty());
  private static final Logger LOG = LoggerFactory.getLogger(CellReport.class);
  private static final String RULE = "LIF-3";

  static CellReport parse(Message message) {
    try {
      return JsonRpc.parse(message.envelope()) instanceof Envelope.Notification said
          ? read(new Fields(RULE, "cell.report", said.params()), message.attachments())
          : NOTHING;
    } catch (ProtocolError malformed) {
      LOG.warn(
          "a kernel's report of cell {} is left out: {}", message.cell(), malformed.getMessage());
      return NOTHING;
    }
  }

  private static CellReport read(Fields report, List<byte[]> attachments) {
    return new CellReport(
        report.has("value")
            ? Optional.of(value(report.object("value"), attachments))
            : Optional.empty(),
        report.has("error")
            ? Optional.of(error(report.object("error"), attachments))
            : Optional.empty(),
        report.has("submitted")
            ? Optional.of(submitted(String.valueOf(report.raw("submitted")), attachments))
            : Optional.empty());
  }

  private static Value value(Fields value, List<byte[]> attachments) {
    JsonNode data = value.raw("data");
    return Value.of(
        data == null ? JsonRpc.NULL_ID : data.toString(),
        attachments,
        value.text("repr", ""),
        value.text("type", ""));
  }

  private static Value submitted(String document, List<byte[]> attachments) {
    return Value.of(document, attachments, "", "builtins.dict");
  }

  private static PythonError error(Fields error, List<byte[]> attachments) {
    return new PythonError(
        error.text("type"),
        error.text("module", ""),
        error.text("message", ""),
        error.text("traceback", ""),
        error.objects("frames").stream().map(CellReport::frame).toList(),
        error.has("syntax") ? Optional.of(syntax(error.object("syntax"))) : Optional.empty(),
        error.has("data")
            ? Optional.of(Value.of(String.valueOf(error.raw("data")), attachments, "", ""))
            : Optional.empty());
  }

  private static PythonFrame frame(Fields frame) {
    return new PythonFrame(
        frame.text("file", ""),
        (int) Math.min(Integer.MAX_VALUE, frame.number("line", 0)),
        frame.text("function", ""),
        frame.has("source") ? Optional.of(frame.text("source")) : Optional.empty());
  }

  private static SyntaxLocation syntax(Fields at) {
    return new SyntaxLocation(
        at.small("line"),
        place(at, "column"),
        place(at, "endLine"),
        place(at, "endColumn"),
        at.has("text") ? Optional.of(at.text("text")) : Optional.empty());
  }

  private static OptionalInt place(Fields at, String name) {
    return at.has(name) ? OptionalInt.of(at.small(name)) : OptionalInt.empty();
  }
}
