package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.Output;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.Submission;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.StandIn;
import dev.pyvisor.wire.StreamTotals;
import dev.pyvisor.wire.Terminal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How a cell ended: by its terminal, by a refusal, by being withdrawn, or with the connection.
 *
 * <p>Immutable.
 */
record CellEnd(
    OutcomeKind kind,
    Optional<Cause> cause,
    @Nullable Terminal terminal,
    @Nullable Message report,
    StateReport state,
    @Nullable RunnerException failure) {

  /** By a reply. */
  static CellEnd of(
      String runnerId, String method, Envelope.Reply reply, @Nullable Message report) {
    JsonNode error = reply.error();
    if (error != null) {
      return refused(WireErrors.refused(runnerId, method, error), StandIn.ofReply(error));
    }
    Terminal terminal = Terminal.parse(reply.result());
    return new CellEnd(terminal.kind(), terminal.cause(), terminal, report, terminal.state(), null);
  }

  /** With the connection, or because this side would not send it. */
  static CellEnd lost(RunnerException verdict, Delivery delivery, StateReport state, String what) {
    RunnerException failure = verdict.as(delivery);
    boolean never = delivery == Delivery.NEVER_SENT;
    Cause cause = Causes.of(failure);
    return new CellEnd(
        never ? OutcomeKind.NEVER_STARTED : OutcomeKind.UNKNOWN,
        Optional.of(never ? cause : new Cause(cause.kind(), cause.text() + "; it had " + what)),
        null,
        null,
        state,
        failure);
  }

  /** The runner tells it as ended, and its reply never came. What it did is not known. */
  static CellEnd neverCame(String runnerId, String what, String status, @Nullable Message report) {
    RunnerException failure =
        new CallFailed(
            runnerId,
            ErrorCode.OUTPUT_INTEGRITY,
            "LIF-19: the end of "
                + what
                + " never came, and the runner tells its session as "
                + status);
    return new CellEnd(
        OutcomeKind.UNKNOWN,
        Optional.of(Causes.of(failure)),
        null,
        report,
        StateReport.live(),
        failure);
  }

  /** The same end, for a better reason. */
  CellEnd because(Cause better) {
    return new CellEnd(kind, Optional.of(better), terminal, report, state, failure);
  }

  /** It was taken back before the runner saw any of it. */
  static CellEnd withdrawn(String runnerId, String what) {
    RunnerException failure =
        new CallCancelled(
            runnerId, Delivery.NEVER_SENT, what + " was withdrawn before it was sent");
    return new CellEnd(
        OutcomeKind.CANCELLED,
        Optional.of(Causes.of(failure)),
        null,
        null,
        StateReport.live(),
        failure);
  }

  private static CellEnd refused(RunnerException refusal, boolean replyLost) {
    boolean began =
        replyLost
            || refusal.code() == ErrorCode.KERNEL_DIED
            || refusal.code() == ErrorCode.INTERNAL;
    return new CellEnd(
        began ? OutcomeKind.UNKNOWN : OutcomeKind.NEVER_STARTED,
        Optional.of(Causes.of(refusal)),
        null,
        null,
        Causes.state(refusal),
        refusal);
  }

  /**
   * LIF-4: what arrived must be what was sent; a difference is never a success. Nor is what was
   * given up (REC-19): {@code outputLost} says why some of the output never came.
   */
  CellEnd checked(
      StreamTotals stdout, StreamTotals stderr, long toolCalls, @Nullable String outputLost) {
    if (terminal == null) {
      return this;
    }
    Optional<String> lost = Optional.ofNullable(outputLost).or(this::reportLost);
    if (lost.isPresent()) {
      return unknown(ErrorCode.TRANSPORT_POISON, lost.get());
    }
    String difference =
        difference("stdout", terminal.stdout(), stdout)
            + difference("stderr", terminal.stderr(), stderr)
            + (terminal.toolCalls() == toolCalls
                ? ""
                : " tool calls: " + terminal.toolCalls() + " sent, " + toolCalls + " arrived;");
    if (difference.isEmpty()) {
      return this;
    }
    return unknown(ErrorCode.OUTPUT_INTEGRITY, "LIF-4: the cell's totals differ:" + difference);
  }

  private Optional<String> reportLost() {
    return report == null ? Optional.empty() : StandIn.reasonOf("cell.report", report.envelope());
  }

  private CellEnd unknown(ErrorCode code, String text) {
    return new CellEnd(
        OutcomeKind.UNKNOWN,
        Optional.of(new Cause(code.wireName(), text)),
        terminal,
        report,
        state,
        null);
  }

  /** The same end, told before all output was delivered. */
  CellEnd cutShort(RunnerException verdict) {
    return cause.isPresent()
        ? this
        : new CellEnd(kind, Optional.of(Causes.of(verdict)), terminal, report, state, failure);
  }

  /** Whether it costs the reader less to finish it than to hand it over. */
  boolean isSmall() {
    return report == null || report.payload() <= Defaults.INLINE_BYTES;
  }

  CellResult result(int cell, @Nullable Capture capture, List<Display> displays, boolean draft) {
    Capture.Kept kept =
        capture == null
            ? new Capture.Kept(Output.empty(), Output.empty(), List.of())
            : capture.kept();
    CellReport said = report == null ? CellReport.NOTHING : CellReport.parse(report);
    return new CellResult(outcome(cell, kept, displays, said, draft), failure);
  }

  private Outcome outcome(
      int cell, Capture.Kept kept, List<Display> displays, CellReport said, boolean draft) {
    return new Outcome(
        kind,
        cell,
        kept.stdout(),
        kept.stderr(),
        kept.chunks(),
        displays,
        said.value(),
        said.error(),
        kind == OutcomeKind.SUBMITTED
            ? said.submitted().map(answer -> new Submission(answer, draft))
            : Optional.empty(),
        state,
        terminal == null ? 0 : terminal.generation(),
        terminal == null ? 0 : (int) Math.min(Integer.MAX_VALUE, terminal.toolCalls()),
        terminal == null ? Duration.ZERO : terminal.elapsed(),
        terminal == null ? Duration.ZERO : terminal.cpu(),
        terminal == null ? 0 : terminal.peakMemoryBytes(),
        cause);
  }

  private static String difference(String stream, Terminal.Total sent, StreamTotals arrived) {
    return sent.bytes() == arrived.bytes() && sent.crc32() == arrived.crc32()
        ? ""
        : " "
            + stream
            + ": "
            + sent.bytes()
            + " bytes with CRC "
            + sent.crc32()
            + " sent, "
            + arrived.bytes()
            + " with "
            + arrived.crc32()
            + " arrived;";
  }
}
