package dev.pyvisor.transport.websocket;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.Tombstone;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A refusal, wherever it came from: an HTTP status at the dial, an error word or a close code after
 * it. The one place that says which of them end the link.
 *
 * <p>Immutable.
 */
record Answer(
    int status,
    String code,
    String detail,
    Optional<Duration> retryAfter,
    Optional<Tombstone> tombstone) {
  private static final String POISON = "transport_poison";
  private static final int CLOSE_CODES = 4_000;
  private static final int SHOWN = 300;
  private static final int TOTALS = 32;
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})(?: .*)?");
  private static final Pattern SECONDS = Pattern.compile("[0-9]{1,6}");

  Answer(int status, String code, String detail, Optional<Duration> retryAfter) {
    this(status, code, detail, retryAfter, Optional.empty());
  }

  /** The row of the error table: that of its code, or else the nearest one for its status. */
  ErrorCode known() {
    return ErrorCode.known(code)
        .orElseGet(
            () ->
                switch (status) {
                  case 401 -> ErrorCode.UNAUTHENTICATED;
                  case 403 -> ErrorCode.PERMISSION_DENIED;
                  case 404 -> ErrorCode.NOT_FOUND;
                  case 409 -> ErrorCode.ALREADY_ATTACHED;
                  case 410 -> ErrorCode.EPOCH_CHANGED;
                  case 413 -> ErrorCode.MESSAGE_TOO_LARGE;
                  case 422 -> ErrorCode.EXECUTION_FAILED;
                  case 426 -> ErrorCode.VERSION_UNSUPPORTED;
                  default -> ErrorCode.INVALID_REQUEST;
                });
  }

  /** Whether trying again would change nothing. */
  boolean ends() {
    if (code.equals(POISON)) {
      return true;
    }
    return switch (status) {
      case 408, 429, 500, 502, 503, 504 -> false;
      case 400, 401, 403, 404, 409, 410, 413, 422, 426 -> true;
      // RFC 9110 section 15: an unknown status counts as the first of its hundred; one that is
      // neither client's nor server's fault is no runner's answer.
      default -> status < 500;
    };
  }

  /** What happened, and what to do about it. */
  String text() {
    return "the runner refuses the link: " + status + " " + code + ": " + detail + "; " + fix();
  }

  private String fix() {
    if (code.equals(POISON)) {
      return "something on the way ends every connection that carries it: look at proxies between";
    }
    return switch (status) {
      case 401 -> "give the token that the runner was started with";
      case 403 -> "dial the runner by the name that it listens at";
      case 404 -> "check the path of the address";
      case 409 ->
          "another host has this runner: end that one, or set websocket.takeover to end what it has";
      case 410 ->
          tombstone
              .map(end -> "the runner had ended (" + end.text() + "): start another")
              .orElse("this runner is another than the one that was known: open a new client");
      case 413 -> "host and runner differ on a limit: use the same version of both";
      case 422 -> "look at the runner's log for what it could not start";
      case 426 -> "use the same version of host and runner";
      default -> "check that a runner of this version listens at the address";
    };
  }

  /** An error word. */
  static Answer said(JsonNode content) {
    return new Answer(
        content.path("status").asInt(500),
        shorten(content.path("code").asString("internal")),
        shorten(content.path("message").asString(content.toString())),
        seconds(content.path("retry_after").asString("")),
        tombstone(content.path("tombstone")));
  }

  /** What it says of a runner's end; nothing where it has not that form. */
  private static Optional<Tombstone> tombstone(JsonNode said) {
    if (!said.isObject()) {
      return Optional.empty();
    }
    Map<String, Long> totals = new TreeMap<>();
    for (Map.Entry<String, JsonNode> total : said.path("totals").properties()) {
      if (totals.size() < TOTALS && total.getValue().isIntegralNumber()) {
        totals.put(shorten(total.getKey()), total.getValue().asLong(0));
      }
    }
    return Optional.of(
        new Tombstone(
            said.path("exitStatus").asInt(0), shorten(said.path("reason").asString("")), totals));
  }

  /** A close code, if it is one of a refusal. */
  static Optional<Answer> closed(int closeCode, String reason) {
    int status = closeCode - CLOSE_CODES;
    return status < 400 || status > 599
        ? Optional.empty()
        : Optional.of(new Answer(status, "close_" + closeCode, shorten(reason), Optional.empty()));
  }

  /** What a server answers to the dial; empty while its head is not whole, or if it is a yes. */
  static Optional<Answer> http(ByteBuffer bytes) {
    String text = StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
    int end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      return Optional.empty();
    }
    String[] lines = text.substring(0, end).split("\r\n");
    Matcher first = STATUS.matcher(lines[0]);
    if (!first.matches() || first.group(1).equals("101")) {
      return Optional.empty();
    }
    Optional<Duration> retryAfter = Optional.empty();
    for (String line : lines) {
      if (line.toLowerCase(Locale.ROOT).startsWith("retry-after:")) {
        retryAfter = seconds(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    // The body may come later or not at all; nothing depends on it but the text.
    String body = text.substring(end + 4);
    String code = "http_" + first.group(1);
    String detail = body;
    try {
      JsonNode error = JsonMapper.shared().readTree(body).path("error");
      code = error.path("code").asString(code);
      detail = error.path("message").asString(body);
    } catch (JacksonException notOurs) {
      detail = body;
    }
    return Optional.of(
        new Answer(Integer.parseInt(first.group(1)), shorten(code), shorten(detail), retryAfter));
  }

  private static Optional<Duration> seconds(String text) {
    return SECONDS.matcher(text).matches()
        ? Optional.of(Duration.ofSeconds(Long.parseLong(text)))
        : Optional.empty();
  }

  /** One line of it, and not a long one: others wrote it. */
  static String shorten(String text) {
    String line = text.replaceAll("\\p{Cntrl}", " ");
    return line.length() <= SHOWN ? line : line.substring(0, SHOWN) + "...";
  }
}
