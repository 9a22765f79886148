package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.RunnerInfo;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.log.DebugLog;
import dev.pyvisor.log.Facts;
import dev.pyvisor.log.LogEvent;
import dev.pyvisor.outcome.StateReport;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What happens to a client, in the words of its debug log; where there is none, a look at a flag.
 *
 * <p>Thread-safe: it holds no state but the log, which guards itself.
 */
final class Trace {
  private static final Trace OFF = new Trace(DebugLog.off());

  private final DebugLog log;
  private final CellTrace cells;

  Trace(DebugLog log) {
    this.log = log;
    this.cells = new CellTrace(log);
  }

  static Trace off() {
    return OFF;
  }

  /** What happens to cells and to the tools that they call. */
  CellTrace cells() {
    return cells;
  }

  // ---- the client and its runners ----

  void clientOpened(String clientId, ClientSettings settings) {
    if (log.isOn()) {
      log.note(
          LogEvent.CLIENT_OPENED,
          facts ->
              facts
                  .put("client", clientId)
                  .put("backend", settings.backend())
                  .put(
                      "launcher",
                      settings.sandbox().launcher().map(one -> one.word()).orElse("default"))
                  .put("tools", settings.tools().size()));
    }
  }

  /** The last line; waits until it is written, within its limit. */
  void clientClosed(String clientId) {
    log.close(LogEvent.CLIENT_CLOSED, facts -> facts.put("client", clientId), Defaults.LOG_CLOSE);
  }

  void runnerStart(String runnerId) {
    if (log.isOn()) {
      log.note(LogEvent.RUNNER_START, facts -> facts.put("runner", runnerId));
    }
  }

  void runnerStarted(RunnerInfo info) {
    if (log.isOn()) {
      log.note(
          LogEvent.RUNNER_STARTED,
          facts ->
              facts
                  .put("runner", info.runnerId())
                  .put("pid", info.pid())
                  .put("python", info.pythonVersion())
                  .put("version", info.runnerVersion()));
    }
  }

  void runnerStartFailed(String runnerId, Throwable failure) {
    if (log.isOn()) {
      log.note(
          LogEvent.RUNNER_START_FAILED, facts -> failure(facts.put("runner", runnerId), failure));
    }
  }

  void runnerKill(String runnerId, String reason) {
    if (log.isOn()) {
      log.note(LogEvent.RUNNER_KILL, facts -> facts.put("runner", runnerId).put("reason", reason));
    }
  }

  void runnerLost(String runnerId, RunnerException verdict) {
    if (log.isOn()) {
      log.note(LogEvent.RUNNER_LOST, facts -> failure(facts.put("runner", runnerId), verdict));
    }
  }

  void runnerEnded(String runnerId, ExitReport report) {
    if (log.isOn()) {
      log.note(
          LogEvent.RUNNER_ENDED,
          facts -> {
            facts.put("runner", runnerId).put("reason", report.text());
            report.exitStatus().ifPresent(status -> facts.put("exit_status", status));
          });
    }
  }

  void runnerReplaced(String dead, String next) {
    if (log.isOn()) {
      log.note(LogEvent.RUNNER_REPLACED, facts -> facts.put("runner", next).put("dead", dead));
    }
  }

  // ---- sessions ----

  void sessionOpened(SessionCore session) {
    if (log.isOn()) {
      log.note(
          LogEvent.SESSION_OPENED,
          facts -> of(session, facts).put("generation", session.generation()));
    }
  }

  void sessionClosed(SessionCore session) {
    if (log.isOn()) {
      log.note(LogEvent.SESSION_CLOSED, facts -> of(session, facts));
    }
  }

  /** Another process has taken it over, with what there is of its state. */
  void generation(SessionCore session, GenerationChange change) {
    if (log.isOn()) {
      log.note(
          LogEvent.SESSION_GENERATION,
          facts ->
              state(
                  of(session, facts)
                      .put("generation", change.generation())
                      .put("why", change.reason()),
                  change.state()));
    }
  }

  // ---- requests ----

  void requestSent(String runnerId, String method) {
    if (log.isOn()) {
      log.note(LogEvent.REQUEST_SENT, facts -> facts.put("runner", runnerId).put("method", method));
    }
  }

  /** {@code failure}: null where it was answered. */
  void requestEnded(String runnerId, String method, @Nullable Throwable failure) {
    if (log.isOn()) {
      log.note(
          failure == null ? LogEvent.REQUEST_ANSWERED : LogEvent.REQUEST_FAILED,
          facts -> {
            facts.put("runner", runnerId).put("method", method);
            if (failure != null) {
              failure(facts, failure);
            }
          });
    }
  }

  /** Something that touches the state has its turn. */
  void turnStart(SessionCore session, String method) {
    if (log.isOn()) {
      log.note(LogEvent.REQUEST_SENT, facts -> of(session, facts).put("method", method));
    }
  }

  void turnEnded(SessionCore session, String method, @Nullable Throwable failure) {
    if (log.isOn()) {
      LogEvent done =
          switch (method) {
            case "checkpoint" -> LogEvent.SESSION_CHECKPOINT;
            case "rollback" -> LogEvent.SESSION_ROLLBACK;
            case "reset" -> LogEvent.SESSION_RESET;
            case "branch" -> LogEvent.SESSION_BRANCH;
            default -> LogEvent.REQUEST_ANSWERED;
          };
      log.note(
          failure == null ? done : LogEvent.REQUEST_FAILED,
          facts -> {
            of(session, facts).put("method", method);
            if (failure != null) {
              failure(facts, failure);
            }
          });
    }
  }

  // ---- files ----

  void filesStart(String runnerId, String session, String what) {
    if (log.isOn()) {
      log.note(
          LogEvent.FILES_START,
          facts -> facts.put("runner", runnerId).put("session", session).put("verb", what));
    }
  }

  void filesEnd(String runnerId, String session, String what, @Nullable Throwable failure) {
    if (log.isOn()) {
      log.note(
          LogEvent.FILES_END,
          facts -> {
            facts.put("runner", runnerId).put("session", session).put("verb", what);
            facts.put("ok", failure == null);
            if (failure != null) {
              failure(facts, failure);
            }
          });
    }
  }

  // ---- what several say ----

  static Facts of(SessionCore session, Facts facts) {
    return facts.put("runner", session.runnerId()).put("session", session.name());
  }

  private static Facts failure(Facts facts, Throwable failure) {
    if (failure instanceof RunnerException known) {
      facts
          .put("error", Causes.of(known).kind())
          .put("delivery", known.delivery().name().toLowerCase(Locale.ROOT));
    } else {
      facts.put("error", failure.getClass().getSimpleName());
    }
    return facts.put("message", String.valueOf(failure.getMessage()));
  }

  static Facts state(Facts facts, StateReport state) {
    facts
        .put("state", state.source().wireName())
        .put("preserved", state.preserved())
        .put("restored", state.restored().size())
        .put("lost", state.lost().size());
    state.reason().ifPresent(reason -> facts.put("reason", reason));
    return facts;
  }
}
