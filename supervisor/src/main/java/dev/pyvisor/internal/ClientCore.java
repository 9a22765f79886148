package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.RunnerInfo;
import dev.pyvisor.diagnosis.HangReports;
import dev.pyvisor.diagnosis.ManagedClient;
import dev.pyvisor.diagnosis.Witness;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.log.DebugLog;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.KeptLock;
import dev.pyvisor.transport.ThreadJob;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.Json;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

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
  private static final Duration IDLE_THREAD = Duration.ofSeconds(5);
  private static final String CLOSED = "the client was closed";

  private final String id;
  private final ClientSettings settings;
  private final ThreadRoster threads;
  private final SystemTimer timer;
  private final ExecutorService callbackThreads;
  private final CopyThreads copies;
  private final ClientResources resources;
  private final ToolHost toolHost;
  private final HangReports reports;
  private final ManagedClient managed;
  private final Succession runners;
  private final Optional<KeptLock> lock;
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CompletableFuture<Void> closed = new CompletableFuture<>();

  private ClientCore(String id, ClientSettings settings, Optional<KeptLock> lock) {
    this.id = id;
    this.settings = settings;
    this.lock = lock;
    threads = new ThreadRoster(id);
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
    copies = new CopyThreads(callbackThreads);
    resources =
        new ClientResources(
            PrivateDirectory.create(id, settings.workspace()),
            timer,
            new Counters(),
            new Trace(
                settings
                    .debugLog()
                    .map(file -> DebugLog.to(file, settings.environment(), threads))
                    .orElse(DebugLog.off())),
            new CallbackExecutor(
                settings.callbackExecutor().orElse(callbackThreads), callbackThreads),
            settings.restart());
    toolHost = new ToolHost(settings.toolThreads(), settings.toolTimeout(), threads);
    Witness witness = new ClientWitness(this);
    reports = new HangReports(witness, settings.evidenceDirectory(), threads);
    managed = new ManagedClient(witness, reports);
    runners =
        new Succession(
            settings,
            timer,
            threads,
            number ->
                new Connection(runnerId(number), settings, resources, toolHost, evidenceSink()));
  }

  /** What a runner leaves behind is found by its id, so each has one of its own. */
  private String runnerId(int number) {
    return number == 1 ? id : id + "." + number;
  }

  /**
   * Starts a runner.
   *
   * @throws LaunchFailed when it does not come up; then nothing is left of it
   */
  public static ClientCore open(ClientSettings settings) {
    ClientCore client = holding(settings);
    try {
      client.trace().clientOpened(client.id, settings);
      client.runners.current().launch(Deadline.in(client.timer, settings.startTimeout()));
      OpenClients.add(client);
      client.timer.after(Defaults.MANAGED_AFTER, client::showToManagement);
      return client;
    } catch (RuntimeException | Error failed) {
      client.giveUp();
      throw failed;
    }
  }

  /** Takes what is for one client at a time before anything else is there. */
  private static ClientCore holding(ClientSettings settings) {
    String id = newId();
    Optional<KeptLock> lock = settings.sandbox().kept().map(folder -> KeptLock.take(id, folder));
    try {
      return new ClientCore(id, settings, lock);
    } catch (RuntimeException | Error failed) {
      lock.ifPresent(KeptLock::release);
      throw failed;
    }
  }

  /** What did not start in good order is not waited for to end in good order. */
  public void giveUp() {
    runners.current().kill("the start failed");
    close();
  }

  // ---- sessions ----

  /** Opens the first session; whatever fails is a failed launch. */
  public SessionLife openFirst(String name, Deadline deadline, SessionFacade facade) {
    Connection first = runners.current();
    try {
      return open(first, name, deadline, facade);
    } catch (RunnerException failed) {
      throw first.launchFailed(failed);
    }
  }

  public SessionLife openSession(String name, Deadline deadline, SessionFacade facade) {
    return open(runners.usable(deadline), name, deadline, facade);
  }

  private SessionLife open(
      Connection runner, String name, Deadline deadline, SessionFacade facade) {
    SessionLife session = newLife(name, facade);
    toolHost.register(session, settings.tools());
    return opened(session, life -> runner.open(life, deadline), deadline);
  }

  /** {@code opening} has the new session opened, on the runner of its parent. */
  SessionLife openBranch(
      SessionLife parent,
      String name,
      SessionFacade facade,
      Function<SessionLife, SessionCore> opening,
      Deadline deadline) {
    SessionLife session = newLife(name, facade);
    toolHost.inherit(session, parent);
    return opened(session, opening, deadline);
  }

  /** With the tools that it is to have; where that fails, nothing of it is left. */
  private SessionLife opened(
      SessionLife session, Function<SessionLife, SessionCore> opening, Deadline deadline) {
    @Nullable SessionCore core = null;
    try {
      core = opening.apply(session);
      session.continueAs(core);
      toolHost.registered(session).ifPresent(all -> session.core().registerTools(all, deadline));
      if (!runners.keep(session)) {
        throw core.link().gone();
      }
      return session;
    } catch (RunnerException failed) {
      toolHost.leave(session);
      if (core != null) {
        core.close(settings.inCallTime(timer()));
      }
      throw failed;
    }
  }

  private SessionLife newLife(String name, SessionFacade facade) {
    SessionLife session = new SessionLife(name, resources.newMailbox());
    session.face(calling -> facade.of(this, session, calling));
    return session;
  }

  void registerTools(SessionLife session, List<Tool> tools, Deadline deadline) {
    session
        .registrations()
        .run(runnerId(), deadline, () -> registerInTurn(session, tools, deadline));
  }

  private void registerInTurn(SessionLife session, List<Tool> tools, Deadline deadline) {
    runners.usable(deadline);
    List<Tool> before = toolHost.tools(session);
    try {
      session.core().registerTools(toolHost.register(session, tools), deadline);
    } catch (CallFailed refused) {
      toolHost.takeBack(session, tools, before); // else it would be asked for at every later time
      throw refused;
    }
  }

  void closeSession(SessionLife session, Deadline deadline) {
    CompletableFuture<JsonNode> over =
        session.close(
            () -> {
              runners.forget(session);
              toolHost.leave(session);
              return session.core().close(deadline);
            });
    try {
      Futures.await(over, () -> Futures.interrupted(runnerId(), "session.close"));
    } catch (RunnerException failed) {
      boolean endedWithItsRunner = session.core().link().ended() && settings.restart();
      if (!endedWithItsRunner) {
        throw failed;
      }
    }
  }

  /**
   * The session on a runner that lives, as far as this side knows; waits where one has to be
   * started. Where none can be, what it is asked for is refused with the reason.
   */
  SessionCore core(SessionLife session, Deadline by) {
    SessionCore found = session.core();
    if (!found.link().ended() || session.isClosed()) {
      return found;
    }
    try {
      runners.usable(by);
      return session.core();
    } catch (RunnerException failed) {
      return found.refusing(failed);
    }
  }

  // ---- requests ----

  /**
   * Any request; params that are no JSON object are refused here, for the runner would take them
   * for a broken stream.
   */
  public CompletableFuture<JsonNode> request(String method, String params, Deadline deadline) {
    String problem = problem(params);
    if (!problem.isEmpty()) {
      return CompletableFuture.failedFuture(
          new CallFailed(
              runnerId(),
              ErrorCode.INVALID_ARGUMENT,
              method + ": params must be a JSON object: " + problem));
    }
    try {
      return runners.usable(deadline).link().requests().request(method, params, deadline);
    } catch (RunnerException failed) {
      return CompletableFuture.failedFuture(failed);
    }
  }

  private static String problem(String params) {
    try {
      JsonNode parsed = Json.MAPPER.readTree(params);
      return parsed.isObject() ? "" : "not " + parsed.getNodeType();
    } catch (JacksonException malformed) {
      return malformed.getOriginalMessage();
    }
  }

  /** Where files are copied; the end of the client waits for what they leave to do. */
  CopyThreads copies() {
    return copies;
  }

  public <T> CompletableFuture<T> published(CompletableFuture<T> internal) {
    return Futures.published(internal, resources.callbacks());
  }

  public String runnerId() {
    return runners.current().runnerId();
  }

  public RunnerInfo info() {
    return runners.current().info();
  }

  public CompletableFuture<ExitReport> exited() {
    return published(runners.exited());
  }

  public Counters counters() {
    return resources.counters();
  }

  public ClientSettings settings() {
    return settings;
  }

  Trace trace() {
    return resources.trace();
  }

  public Timer timer() {
    return timer;
  }

  /** The pending table and what hangs on it, one fact a line: for a report of what hangs. */
  public List<String> evidence() {
    List<String> facts = new ArrayList<>(runners.evidence());
    threads
        .alive()
        .forEach(thread -> facts.add("thread " + thread.getName() + " " + thread.getState()));
    return facts;
  }

  /** The link to the runner that there is, or was last. */
  Link link() {
    return runners.current().link();
  }

  private EvidenceSink evidenceSink() {
    return new EvidenceSink() {
      @Override
      public void told(String params) {
        reports.told(params);
      }

      @Override
      public CompletableFuture<?> hung(String reason) {
        return reports.write(reason);
      }
    };
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
      runners.abandon(CLOSED);
      managed.hide();
      reports.close();
      toolHost.close();
      runners.close();
      copies.awaitEnd();
    } finally {
      timer.stop();
      callbackThreads.shutdown();
      PrivateDirectory.remove(resources.privateDirectory());
      lock.ifPresent(KeptLock::release);
      OpenClients.remove(this);
      trace().clientClosed(id);
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
