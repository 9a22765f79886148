package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.RunnerInfo;
import dev.pyvisor.diagnosis.HangReports;
import dev.pyvisor.diagnosis.ManagedClient;
import dev.pyvisor.diagnosis.Witness;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.error.RunnerGone;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.Hello;
import dev.pyvisor.wire.Json;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One client from its opening to its end: what it starts it ends, in the reverse order, within its
 * limits.
 *
 * <p>Thread-safe: everything is final or guards itself; who closes first does it, the others wait
 * for that.
 */
public final class ClientCore {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ID_BYTES = 4;

  /** What the zygote imports before the first kernel is forked from it. */
  private static final String PRELOAD = "PYVISOR_PRELOAD";

  private static final Duration IDLE_THREAD = Duration.ofSeconds(5);

  private final String runnerId;
  private final ClientSettings settings;
  private final ThreadRoster threads;
  private final SystemTimer timer;
  private final ExecutorService callbackThreads;
  private final Path directory;
  private final Link link;
  private final ToolHost toolHost;
  private final HangReports reports;
  private final ManagedClient managed;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();
  private volatile @Nullable Transport transport;
  private volatile @Nullable RunnerInfo info;

  private ClientCore(ClientSettings settings) {
    this.settings = settings;
    runnerId = newId();
    threads = new ThreadRoster(runnerId);
    timer = new SystemTimer(threads);
    // Bounded by what can be open: a mailbox for each session, a future for each call.
    callbackThreads =
        new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            IDLE_THREAD.toSeconds(),
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            threads.factory(ThreadJob.CALLBACK),
            // After the end: what still completes must complete somewhere.
            (task, pool) -> task.run());
    directory = PrivateDirectory.create(runnerId);
    link =
        new Link(
            runnerId,
            directory,
            timer,
            settings.callbackExecutor().orElse(callbackThreads),
            callbackThreads);
    toolHost = new ToolHost(settings.toolThreads(), settings.toolTimeout(), threads);
    Witness witness = new ClientWitness(this, link);
    reports = new HangReports(witness, settings.evidenceDirectory(), threads);
    managed = new ManagedClient(witness, reports);
    link.evidenceTo(reports::told);
  }

  /**
   * Starts a runner.
   *
   * @throws LaunchFailed when it does not come up; then nothing is left of it
   */
  public static ClientCore open(ClientSettings settings) {
    ClientCore client = new ClientCore(settings);
    try {
      client.launch();
      OpenClients.add(client);
      client.timer.after(Defaults.MANAGED_AFTER, client::showToManagement);
      return client;
    } catch (RuntimeException | Error failed) {
      client.giveUp();
      throw failed;
    }
  }

  /** What did not start in good order is not waited for to end in good order. */
  public void giveUp() {
    Transport opened = transport;
    if (opened != null) {
      opened.kill("the start failed");
    }
    close();
  }

  private void launch() {
    Deadline deadline = Deadline.in(timer, settings.startTimeout());
    TransportConfig config =
        new TransportConfig(
            runnerId,
            settings.python(),
            settings.payload(),
            environment(),
            directory,
            settings.startTimeout(),
            settings.trust(),
            threads);
    Transport opened =
        Backends.named(runnerId, settings.backend()).open(config, link.outbound(), link);
    transport = opened;
    link.attach(opened);
    Hello hello = awaitHello(deadline);
    info =
        new RunnerInfo(
            runnerId,
            hello.pid(),
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

  private Hello awaitHello(Deadline deadline) {
    try {
      return link.hello().get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
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
  private LaunchFailed launchFailed(Throwable cause) {
    LaunchFailed failure;
    if (cause instanceof RunnerGone gone) {
      failure =
          new LaunchFailed(
              runnerId,
              ErrorCode.EXECUTION_FAILED,
              "the runner ended before it was ready: " + gone.report().text(),
              gone.report());
    } else if (cause instanceof RunnerException known) {
      failure = new LaunchFailed(runnerId, known.code(), String.valueOf(known.getMessage()), null);
    } else {
      throw new AssertionError("a start failed", cause);
    }
    failure.initCause(cause);
    return failure;
  }

  // ---- sessions ----

  /** Opens the first session; whatever fails is a failed launch. */
  public SessionCore openFirst(String name, Deadline deadline, SessionFacade facade) {
    try {
      return openSession(name, deadline, facade);
    } catch (LaunchFailed failed) {
      throw failed;
    } catch (RunnerException failed) {
      throw launchFailed(failed);
    }
  }

  public SessionCore openSession(String name, Deadline deadline, SessionFacade facade) {
    SessionCore session =
        Futures.await(
            link.requests()
                .request(
                    "session.open",
                    openParams(name),
                    deadline,
                    result -> enter(name, result, facade, fresh -> {})),
            () -> Futures.interrupted(runnerId, "a session"));
    if (!settings.tools().isEmpty()) {
      registerTools(session, settings.tools(), deadline);
    }
    return session;
  }

  /** On the reader thread: what the new kernel says next already finds its session. */
  private SessionCore enter(
      String name,
      @Nullable JsonNode result,
      SessionFacade facade,
      Consumer<SessionCore> equipping) {
    Fields opened = new Fields("SES-9", "the result of opening session '" + name + "'", result);
    SessionCore session =
        new SessionCore(
            link,
            opened.small("session"),
            opened.small("generation"),
            name,
            core -> new ToolDesk(core, toolHost));
    session.face(calling -> facade.of(this, session, calling));
    if (opened.has("cell")) {
      session.countFrom(opened.small("cell"));
    }
    equipping.accept(session);
    link.enter(session);
    return session;
  }

  /** On the reader thread, as a session that was opened; its tools are there from the start. */
  SessionCore enterBranch(
      SessionCore parent, String name, @Nullable JsonNode result, SessionFacade facade) {
    return enter(name, result, facade, branch -> toolHost.inherit(branch, parent));
  }

  private String openParams(String name) {
    ObjectNode params = JsonNodeFactory.instance.objectNode();
    params.put("name", name).put("checkpoint", settings.checkpoints().wireName());
    settings
        .workspace()
        .ifPresent(workspace -> params.put("workspace", workspace.toAbsolutePath().toString()));
    settings.pythonLogging().ifPresent(level -> params.put("logging", level));
    return params.toString();
  }

  void registerTools(SessionCore session, List<Tool> tools, Deadline deadline) {
    String params =
        "{\"session\":"
            + session.number()
            + ",\"tools\":"
            + toolHost.register(session, tools)
            + "}";
    Futures.await(
        link.requests().request("tools.register", params, deadline),
        () -> Futures.interrupted(runnerId, "tools.register"));
  }

  void closeSession(SessionCore session, Deadline deadline) {
    link.leave(session);
    toolHost.leave(session);
    Futures.await(
        link.requests()
            .request("session.close", "{\"session\":" + session.number() + "}", deadline),
        () -> Futures.interrupted(runnerId, "session.close"));
  }

  // ---- requests ----

  /**
   * Any request; params that are no JSON object are refused here, for the runner would take them
   * for a broken stream.
   */
  public CompletableFuture<JsonNode> request(String method, String params, Deadline deadline) {
    String problem = problem(params);
    return problem.isEmpty()
        ? link.requests().request(method, params, deadline)
        : CompletableFuture.failedFuture(
            new CallFailed(
                runnerId,
                ErrorCode.INVALID_ARGUMENT,
                method + ": params must be a JSON object: " + problem));
  }

  private static String problem(String params) {
    try {
      JsonNode parsed = Json.MAPPER.readTree(params);
      return parsed.isObject() ? "" : "not " + parsed.getNodeType();
    } catch (JacksonException malformed) {
      return malformed.getOriginalMessage();
    }
  }

  public <T> CompletableFuture<T> published(CompletableFuture<T> internal) {
    return Futures.published(internal, link.callbacks());
  }

  public String runnerId() {
    return runnerId;
  }

  public RunnerInfo info() {
    RunnerInfo found = info;
    if (found == null) {
      throw new IllegalStateException("the runner has not said who it is");
    }
    return found;
  }

  public CompletableFuture<ExitReport> exited() {
    return published(link.exited());
  }

  public Counters counters() {
    return link.counters();
  }

  public ClientSettings settings() {
    return settings;
  }

  public Timer timer() {
    return timer;
  }

  /** The pending table and what hangs on it, one fact a line: for a report of what hangs. */
  public List<String> evidence() {
    List<String> facts = new ArrayList<>(link.evidence());
    threads
        .alive()
        .forEach(thread -> facts.add("thread " + thread.getName() + " " + thread.getState()));
    return facts;
  }

  /** Writes reports of what hangs; who asks for one need not wait for it. */
  HangReports reports() {
    return reports;
  }

  /** Writes a report and waits for it, at most {@link Defaults#EVIDENCE_LIMIT}. */
  public Path hangReport(String reason) {
    try {
      return reports.write(reason).join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof UncheckedIOException problem) {
        throw new UncheckedIOException(problem.getMessage(), problem.getCause());
      }
      throw new IllegalStateException(failed.getCause().getMessage(), failed);
    }
  }

  /** On the timer's thread, which must not be held up. */
  private void showToManagement() {
    callbackThreads.execute(managed::show);
  }

  // ---- its end ----

  /**
   * Ends everything; whoever calls it later or meanwhile waits for the same end. Bounded by {@link
   * Defaults#CLOSE_LIMIT}.
   */
  public void close() {
    // Callers race: a user, a try block, the shutdown hook. The first closes, the others wait for
    // it.
    if (!closing.compareAndSet(false, true)) {
      awaitClosed();
      return;
    }
    try {
      link.abandon(
          new RunnerGone(
              runnerId,
              Delivery.UNKNOWN,
              new ExitReport("the client was closed", OptionalInt.empty(), "")));
      managed.hide();
      reports.close();
      toolHost.close();
      Transport opened = transport;
      if (opened != null) {
        opened.close(Defaults.CLOSE_GRACE);
      }
    } finally {
      timer.stop();
      callbackThreads.shutdown();
      PrivateDirectory.remove(directory);
      OpenClients.remove(this);
      closed.complete(null);
    }
  }

  private void awaitClosed() {
    try {
      closed.get(2 * Defaults.CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (TimeoutException late) {
      // Who closes is itself inside this close, for example a tool that it waits for.
    } catch (ExecutionException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static String newId() {
    byte[] id = new byte[ID_BYTES];
    RANDOM.nextBytes(id);
    return HexFormat.of().formatHex(id);
  }
}
