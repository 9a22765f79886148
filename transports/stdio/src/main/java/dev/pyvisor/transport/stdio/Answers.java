package dev.pyvisor.transport.stdio;

import dev.pyvisor.transport.stdio.Verdict.Kernel;
import dev.pyvisor.wire.Limits;
import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads the answers to {@code execute}: five kinds of them, of which only some tell what is left of
 * the state. What a peer does not say is not made up.
 *
 * <p>Immutable.
 */
final class Answers {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

  /** How a peer tells that its kernel died: an error like any other, but for these words. */
  private static final Pattern DEATH =
      Pattern.compile("execution runner exited without a result.*", Pattern.DOTALL);

  private static final Pattern STATUS = Pattern.compile("exitcode=(-?\\d{1,9})");

  private Answers() {}

  /**
   * What an answer means.
   *
   * @throws Unfit when it is none of the kinds
   */
  static Verdict read(JsonNode reply) throws Unfit {
    JsonNode error = reply.get("error");
    if (error != null && !error.isNull()) {
      return failed(error);
    }
    JsonNode result = reply.has("result") ? reply.get("result") : reply;
    if (result.path("output").isString()) {
      return ended("completed", result.path("output").stringValue(), null);
    }
    if (result.path("timeout").isObject()) {
      return stopped(result);
    }
    for (String kind : new String[] {"final", "submitted"}) {
      if (result.path(kind).isObject()) {
        return ended("submitted", "", submitted(result.path(kind)));
      }
    }
    throw new Unfit(
        "the supervisor's answer to execute has none of output, final, submitted, timeout and error: "
            + shown(reply));
  }

  private static Verdict ended(String outcome, String stdout, @Nullable ObjectNode report) {
    return new Verdict(outcome, null, PeerState.live(), Kernel.STAYS, stdout, "", report);
  }

  private static ObjectNode submitted(JsonNode fields) {
    JsonNode document = FromPeer.document(fields);
    ObjectNode value = NODES.objectNode();
    value.set("data", document);
    ObjectNode report = NODES.objectNode();
    report.set("submitted", document);
    report.set("value", value.put("repr", "").put("type", "builtins.dict"));
    return report;
  }

  // ---- errors ----

  private static Verdict failed(JsonNode error) {
    // Some peers leave data out, and some say type and message beside the code.
    JsonNode data = error.path("data").isObject() ? error.path("data") : error;
    String type = Text.of(data, "type", Text.of(error, "type", "Exception"));
    String message = Text.of(data, "message", Text.of(error, "message", ""));
    String output = Text.of(data, "output", "");
    if (type.equals("RuntimeError") && DEATH.matcher(message).matches()) {
      return died(message, output, data.path("state"));
    }
    return ended("raised", output, raised(type, message, Text.of(data, "traceback", "")));
  }

  private static ObjectNode raised(String type, String message, String traceback) {
    ObjectNode report = NODES.objectNode();
    ObjectNode error = report.putObject("error");
    Text.put(error, "type", type);
    Text.put(error.put("module", ""), "message", message);
    Text.put(error, "traceback", traceback);
    error.putArray("frames");
    return report;
  }

  private static Verdict died(String message, String output, JsonNode told) {
    ObjectNode cause = NODES.objectNode();
    Matcher status = STATUS.matcher(message);
    if (status.find()) {
      // As Python's multiprocessing says it: below zero it is a signal.
      int code = Integer.parseInt(status.group(1));
      if (code < 0) {
        cause.put("kind", "signal").put("number", -code).put("signal", signal(-code));
      } else {
        cause.put("kind", "exit").put("code", code);
      }
    } else {
      cause.put("kind", message.contains("exitcode=unknown") ? "channel" : "kernel_died");
    }
    Text.put(cause, "detail", message);
    // Our own runner says what is left; who says nothing of it has lost it.
    boolean said = told.isObject() && !told.path("source").asString("").equals("live_kernel");
    ObjectNode left = said ? PeerState.of(told) : PeerState.fresh(message);
    return new Verdict("crashed", cause, left, Kernel.REPLACED, output, "", null);
  }

  private static String signal(int number) {
    return switch (number) {
      case 2 -> "SIGINT";
      case 4 -> "SIGILL";
      case 6 -> "SIGABRT";
      case 7 -> "SIGBUS";
      case 8 -> "SIGFPE";
      case 9 -> "SIGKILL";
      case 11 -> "SIGSEGV";
      case 15 -> "SIGTERM";
      default -> "signal " + number;
    };
  }

  // ---- deadlines and interrupts ----

  private static Verdict stopped(JsonNode result) {
    JsonNode timeout = result.path("timeout");
    boolean interrupted = timeout.path("interrupted").asBoolean(false);
    ObjectNode state = PeerState.of(result.path("state"));
    boolean lives = state.path("source").stringValue("").equals("live");
    ObjectNode cause =
        NODES
            .objectNode()
            .put("kind", interrupted ? "interrupt" : "deadline")
            .put("killed", !lives);
    if (!interrupted) {
      cause.put("limitMs", millis(timeout.path("seconds")));
    }
    String reason = Text.of(state, "reason", "");
    if (!reason.isEmpty()) {
      cause.put("detail", lives || reason.contains("killed") ? reason : "it was killed: " + reason);
    }
    return new Verdict(
        interrupted ? "interrupted" : "timed_out",
        cause,
        state,
        lives ? Kernel.STAYS : Kernel.REPLACED,
        Text.of(result, "stdout", ""),
        Text.of(result, "stderr", ""),
        null);
  }

  private static long millis(JsonNode seconds) {
    if (!seconds.isNumber() || !Double.isFinite(seconds.doubleValue())) {
      return 0;
    }
    BigDecimal millis = BigDecimal.valueOf(seconds.doubleValue()).movePointRight(3);
    return Math.max(0, millis.longValue());
  }

  // ---- texts ----

  /** The answer's error as one line; null where it is a result. */
  static @Nullable String error(JsonNode reply) {
    JsonNode error = reply.get("error");
    if (error == null || error.isNull()) {
      return null;
    }
    JsonNode data = error.path("data").isObject() ? error.path("data") : error;
    return Text.of(data, "type", "error")
        + ": "
        + Text.of(data, "message", Text.of(error, "message", ""));
  }

  private static String shown(JsonNode node) {
    String text = Dialect.text(node);
    return text.length() <= Limits.GARBAGE_SHOWN
        ? text
        : text.substring(0, Limits.GARBAGE_SHOWN) + "...";
  }
}
