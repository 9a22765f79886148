package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Passes a session's Python log records on to SLF4J. The guest writes them: names are cut to
 * harmless characters, control characters are shown as escapes, and more than so many that wait are
 * counted and dropped.
 *
 * <p>Thread-safe: by its semaphore.
 */
final class PythonLog {
  private static final String PREFIX = "pyvisor.python.";
  private static final Pattern ODD = Pattern.compile("[^A-Za-z0-9_.-]");
  private static final int NAME_LENGTH = 200;

  private final SessionCore session;
  private final Counters counters;
  private final Semaphore room = new Semaphore(Defaults.QUEUED_EVENTS);

  PythonLog(SessionCore session, Counters counters) {
    this.session = session;
    this.counters = counters;
  }

  /** On the reader thread. */
  void record(Message message) {
    if (message.payload() > Defaults.INLINE_BYTES * 16L || !room.tryAcquire()) {
      counters.droppedLogRecords.increment();
      return;
    }
    session.postEvent(
        () -> {
          try {
            log(message);
          } finally {
            room.release();
          }
        });
  }

  private void log(Message message) {
    try {
      if (JsonRpc.parse(message.envelope()) instanceof Envelope.Notification said) {
        Fields params = new Fields("SES-7", "log", said.params());
        logger(params.text("logger"))
            .atLevel(level(params.text("level")))
            .log(escaped(params.text("message")));
      }
    } catch (ProtocolError malformed) {
      counters.ignoredNotifications.increment();
    }
  }

  private static Logger logger(String name) {
    String cut = name.length() > NAME_LENGTH ? name.substring(0, NAME_LENGTH) : name;
    return LoggerFactory.getLogger(PREFIX + ODD.matcher(cut).replaceAll("_"));
  }

  private static Level level(String python) {
    return switch (python) {
      case "CRITICAL", "FATAL", "ERROR" -> Level.ERROR;
      case "WARNING", "WARN" -> Level.WARN;
      case "INFO" -> Level.INFO;
      default -> Level.DEBUG;
    };
  }

  static String escaped(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.chars()
        .forEach(
            c -> {
              if (Character.isISOControl(c) && c != '\t') {
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.append((char) c);
              }
            });
    return shown.toString();
  }
}
