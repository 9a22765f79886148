package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.RunnerInfo;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Hello;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One runner from its start to its end, with all that dies with it: process, link, open calls, the
 * cores of its sessions. A runner that takes the place of another has a connection of its own, so
 * nothing that the old one still says can reach it.
 *
 * <p>Thread-safe: the transport is guarded by this; the rest is final or volatile.
 */
final class Connection {
  /** What the zygote imports before the first kernel is forked from it. */
  private static final String PRELOAD = "PYVISOR_PRELOAD";

  private final String runnerId;
  private final ClientSettings settings;
  private final ClientResources client;
  private final ToolHost tools;
  private final ThreadRoster threads;
  private final Link link;
  private volatile @Nullable RunnerInfo info;
  private @Nullable Transport transport; // guarded by this
  private @Nullable String killReason; // guarded by this

  Connection(
      String runnerId,
      ClientSettings settings,
      ClientResources client,
      ToolHost tools,
      EvidenceSink evidence) {
    this.runnerId = runnerId;
    this.settings = settings;
    this.client = client;
    this.tools = tools;
    this.threads = new ThreadRoster(runnerId);
    this.link = new Link(runnerId, client);
    link.evidenceTo(evidence);
  }

  String runnerId() {
    return runnerId;
  }

  Link link() {
    return link;
  }

  RunnerInfo info() {
    RunnerInfo found = info;
    if (found == null) {
      throw new IllegalStateException("runner " + runnerId + " has not said who it is");
    }
    return found;
  }

  // ---- its start ----

  /**
   * Starts the process and waits for its HELLO.
   *
   * @throws LaunchFailed when it does not come up; what there is of it is to be closed
   */
  void launch(Deadline by) {
    client.trace().runnerStart(runnerId);
    try {
      start(by);
    } catch (RuntimeException | Error failed) {
      client.trace().runnerStartFailed(runnerId, failed);
      throw failed;
    }
    client.trace().runnerStarted(info());
  }

  private void start(Deadline by) {
    refuseKilled();
    TransportProvider backend = Backends.named(runnerId, settings.backend());
    Backends.requireLaunch(runnerId, backend, settings.sandbox());
    TransportConfig config =
        new TransportConfig(
            runnerId,
            settings.python(),
            settings.payload(),
            settings.workspace(),
            environment(),
            client.privateDirectory(),
            settings.startTimeout(),
            settings.trust(),
            settings.sandbox(),
            threads,
            Backends.optionsOf(runnerId, backend, settings.backendOptions()));
    attach(backend.open(config, link.outbound(), link));
    Hello hello = awaitHello(by);
    requireLimits(hello);
    info =
        new RunnerInfo(
            runnerId,
            link.locate(hello),
            hello.python(),
            hello.implementation(),
            hello.runnerVersion(),
            hello.incarnation(),
            settings.backend());
  }

  private Map<String, String> environment() {
    if (settings.preload().isEmpty()) {
      return settings.environment();
    }
    Map<String, String> environment = new LinkedHashMap<>(settings.environment());
    environment.put(PRELOAD, String.join(",", settings.preload()));
    return environment;
  }

  /** One that does not know of a limit, or was not told of it, would run the code without. */
  private void requireLimits(Hello hello) {
    List<String> missing = new ArrayList<>(settings.sandbox().limits().keys());
    missing.removeAll(hello.capabilities());
    if (!missing.isEmpty()) {
      throw new LaunchFailed(
          runnerId,
          ErrorCode.INVALID_ARGUMENT,
          "the runner, version "
              + hello.runnerVersion()
              + ", does not hold its code to "
              + String.join(", ", missing)
              + "; leave out what it does not hold to, or take the runner that this version"
              + " carries",
          null);
    }
  }

  /** It may have been killed before there was anything to kill. */
  private synchronized void refuseKilled() {
    if (killReason != null) {
      throw new LaunchFailed(runnerId, ErrorCode.CANCELLED, killReason, null);
    }
  }

  /** A kill may have come while the process was being started. */
  private void attach(Transport opened) {
    link.attach(opened);
    String reason;
    synchronized (this) {
      transport = opened;
      reason = killReason;
    }
    if (reason != null) {
      opened.kill(reason);
    }
  }

  private Hello awaitHello(Deadline by) {
    try {
      return link.hello().get(by.left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException failed) {
      throw launchFailed(Futures.cause(failed.getCause()));
    } catch (TimeoutException late) {
      throw new LaunchFailed(
          runnerId,
          "the runner did not say HELLO within " + settings.startTimeout().toMillis() + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LaunchFailed(
          runnerId, ErrorCode.CANCELLED, "the thread was interrupted during the start", null);
    }
  }

  /** A start that fails is one kind of failure, however it failed. */
  LaunchFailed launchFailed(Throwable cause) {
    LaunchFailed failure;
    if (cause instanceof LaunchFailed known) {
      return known;
    } else if (cause instanceof RunnerGone gone) {
      failure =
          new LaunchFailed(
              runnerId,
              gone.report().refused().orElse(ErrorCode.EXECUTION_FAILED),
              (gone.report().exitStatus().isPresent()
                      ? "the runner ended before it was ready: "
                      : "the runner could not be used: ")
                  + gone.report().text(),
              gone.report());
    } else if (cause instanceof RunnerException known) {
      failure = new LaunchFailed(runnerId, known.code(), String.valueOf(known.getMessage()), null);
    } else {
      throw new AssertionError("a start failed", cause);
    }
    failure.initCause(cause);
    return failure;
  }

  /** It has taken the place of another. */
  void replaced(Connection dead) {
    client.trace().runnerReplaced(dead.runnerId(), runnerId);
  }

  // ---- sessions ----

  /** Opens a session of a new life. */
  SessionCore open(SessionLife life, Deadline by) {
    return open(life, params(life, settings.workspace().orElse(null)), by);
  }

  /** Opens a session that another runner had: its generations go on, its tools are there. */
  SessionCore reopen(SessionLife life, Deadline by) {
    ObjectNode params = params(life, directory(life)).put("generation", life.generation() + 1);
    SessionCore core = open(life, params, by);
    tools.registered(life).ifPresent(all -> core.registerTools(all, by));
    return core;
  }

  /** Its files stay, unless somebody took the directory away. */
  private @Nullable Path directory(SessionLife life) {
    Path before = life.workspace();
    return before != null && Files.isDirectory(before) ? before : settings.workspace().orElse(null);
  }

  private SessionCore open(SessionLife life, ObjectNode params, Deadline by) {
    CompletableFuture<SessionCore> opening =
        link.requests()
            .request(
                "session.open",
                params.toString(),
                by,
                result -> enter(life, result),
                this::closeUnwanted);
    try {
      return Futures.await(opening, this::sessionUnwanted);
    } catch (CallCancelled interrupted) {
      opening.thenAccept(core -> core.close(settings.inCallTime(client.timer())));
      throw interrupted;
    }
  }

  private CallCancelled sessionUnwanted() {
    return new CallCancelled(
        runnerId,
        Delivery.UNKNOWN,
        "the thread was interrupted while it waited for a session, which is closed when it comes");
  }

  /** It counts among the runner's sessions, and nobody knows it. */
  private void closeUnwanted(JsonNode result) {
    int number = new Fields("SES-9", "the result of session.open", result).small("session");
    SessionCore.close(link, number, settings.inCallTime(client.timer()));
  }

  private SessionCore enter(SessionLife life, JsonNode result) {
    return SessionCore.opened(
        link,
        life,
        new Fields("SES-9", "the result of session.open", result),
        core -> new ToolDesk(core, tools));
  }

  private ObjectNode params(SessionLife life, @Nullable Path workspace) {
    ObjectNode params = JsonNodeFactory.instance.objectNode();
    params.put("name", life.name()).put("checkpoint", settings.checkpoints().wireName());
    if (workspace != null) {
      params.put("workspace", workspace.toAbsolutePath().toString());
    }
    settings.pythonLogging().ifPresent(level -> params.put("logging", level));
    return params;
  }

  // ---- its end ----

  /** Whether everything that is asked of it from now on fails. */
  boolean ended() {
    return link.ended();
  }

  /** Everything that waits for it fails at once, also what a listener holds up. */
  void abandon(String reason) {
    link.abandon(closed(reason));
  }

  /** The failure of what the closing of the client has ended. */
  RunnerGone closed(String reason) {
    return new RunnerGone(
        runnerId, Delivery.UNKNOWN, new ExitReport(reason, OptionalInt.empty(), ""));
  }

  /** What did not start in good order is not waited for to end in good order. */
  void giveUp(String reason) {
    kill(reason);
    abandon(reason);
    close(Defaults.BURIAL_LIMIT);
  }

  /** Ends the process by force, also one that is only being started. Returns at once. */
  void kill(String reason) {
    Transport opened;
    synchronized (this) {
      killReason = reason;
      opened = transport;
    }
    if (opened != null) {
      client.trace().runnerKill(runnerId, reason);
      opened.kill(reason);
    }
  }

  /** Ends the process in good order, then by force; waits at most twice the limit. */
  void close(Duration limit) {
    Transport opened;
    synchronized (this) {
      opened = transport;
    }
    if (opened != null) {
      opened.close(limit);
    }
  }

  /** What it died of and what it did last, as far as this side knows; one line. */
  String epitaph() {
    RunnerException verdict = link.gone();
    ExitReport report = link.exited().getNow(null);
    String died = Causes.epitaph(verdict);
    String exit = report == null || verdict instanceof RunnerGone ? "" : "; " + report.text();
    return died
        + exit
        + link.requests().lastAnswer().map(last -> "; its last answer: " + last).orElse("");
  }

  List<String> evidence() {
    List<String> facts = new ArrayList<>(link.evidence());
    threads
        .alive()
        .forEach(thread -> facts.add("thread " + thread.getName() + " " + thread.getState()));
    return facts;
  }
}
