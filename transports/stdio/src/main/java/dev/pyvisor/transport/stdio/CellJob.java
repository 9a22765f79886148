package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.transport.stdio.Ending.Print;
import dev.pyvisor.transport.stdio.Verdict.Kernel;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.StreamTotals;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A cell: one {@code execute} of the dialect.
 *
 * <p>Guarded by the translator.
 */
final class CellJob implements Job {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  private final Voice voice;
  private final PeerSession session;
  private final CellOrder order;
  private boolean sent;
  private int generation;
  private int toolCalls;
  private @Nullable JsonNode reply;
  private long nanos;

  CellJob(Voice voice, PeerSession session, CellOrder order) {
    this.voice = voice;
    this.session = session;
    this.order = order;
  }

  int cell() {
    return order.cell();
  }

  void countToolCall() {
    toolCalls++;
  }

  @Override
  public @Nullable PeerRequest next() {
    if (sent) {
      return null;
    }
    sent = true;
    generation = session.generation();
    session.begin(order.cell());
    return order.request();
  }

  @Override
  public void answered(JsonNode found, long took) {
    reply = found;
    nanos = took;
  }

  @Override
  public Ending end() {
    try {
      if (reply == null) {
        throw new Unfit("nothing was answered");
      }
      Verdict verdict = Answers.read(reply);
      return order.mark() == null ? told(verdict, 0) : moved(verdict, order.mark());
    } catch (Unfit unfit) {
      return refused(ErrorCode.INTERNAL, unfit.text());
    }
  }

  @Override
  public Ending refused(ErrorCode code, String text) {
    return Ending.saying(voice.refusal(order.id(), code, text));
  }

  @Override
  public String describe() {
    return order.method() + " cell " + order.cell();
  }

  /** A variable was moved: what was printed meanwhile is nobody's, and late (LIF-6). */
  private Ending moved(Verdict verdict, String mark) throws Unfit {
    if (mark.isEmpty() || !verdict.outcome().equals("completed")) {
      return told(verdict, Flag.LATE.bit());
    }
    VariableCode.Told told = VariableCode.told(verdict.stdout(), mark);
    if (told == null) {
      throw new Unfit("the supervisor did not print the value of the variable");
    }
    ObjectNode value = NODES.objectNode();
    value.set("data", FromPeer.document(told.told().path("data")));
    for (String name : List.of("repr", "type")) {
      Text.put(value, name, Text.of(told.told(), name, ""));
    }
    ObjectNode report = NODES.objectNode();
    report.set("value", value);
    return told(verdict.printing(told.rest(), report), Flag.LATE.bit());
  }

  private Ending told(Verdict verdict, int flags) throws Unfit {
    Print stdout = print(FrameKind.STDOUT, flags, verdict.stdout());
    Print stderr = print(FrameKind.STDERR, flags, verdict.stderr());
    List<Message> messages = new ArrayList<>();
    if (verdict.report() != null) {
      Message report = voice.report(session.number, generation, order.cell(), verdict.report());
      if (report.payload() > Limits.MESSAGE) {
        throw new Unfit(
            "the cell's value or error takes "
                + report.payload()
                + " bytes, more than "
                + Limits.MESSAGE);
      }
      messages.add(report);
    }
    ObjectNode terminal = terminal(verdict);
    ObjectNode totals = terminal.putObject("totals");
    totals.set("stdout", total(stdout));
    totals.set("stderr", total(stderr));
    totals.put("toolCalls", toolCalls);
    messages.add(voice.terminal(order.id(), session.number, generation, order.cell(), terminal));
    session.heed(verdict);
    if (verdict.kernel() == Kernel.REPLACED) {
      messages.add(voice.generation(session, verdict.outcome(), verdict.state()));
    }
    return new Ending(List.of(stdout, stderr), messages);
  }

  private ObjectNode terminal(Verdict verdict) {
    ObjectNode terminal = NODES.objectNode().put("outcome", verdict.outcome());
    if (verdict.cause() != null) {
      terminal.set("cause", verdict.cause());
    }
    terminal.put("generation", generation).set("state", verdict.state());
    return terminal.put("elapsedNanos", nanos);
  }

  private Print print(FrameKind kind, int flags, String text) {
    return new Print(kind, flags, session.number, generation, order.cell(), Text.utf8(text));
  }

  /** Late output is in no cell's totals (LIF-6). */
  private static ObjectNode total(Print print) {
    StreamTotals totals = new StreamTotals();
    if (print.flags() == 0) {
      totals.add(print.bytes());
    }
    return NODES.objectNode().put("bytes", totals.bytes()).put("crc32", totals.crc32());
  }
}
