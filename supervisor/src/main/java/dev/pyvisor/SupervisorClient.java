package dev.pyvisor;

import dev.pyvisor.config.Configuration;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.internal.ClientCore;
import dev.pyvisor.internal.ClientSettings;
import dev.pyvisor.internal.Counters;
import dev.pyvisor.internal.Deadline;
import dev.pyvisor.internal.FileVerbs;
import dev.pyvisor.internal.Futures;
import dev.pyvisor.internal.Reentrancy;
import dev.pyvisor.internal.SessionLife;
import dev.pyvisor.internal.SessionVerbs;
import dev.pyvisor.internal.StateVerbs;
import dev.pyvisor.log.Verbose;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.Input;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The host's end of one runner. Opening it starts the runner, closing it leaves nothing of it.
 *
 * <p>When the runner dies, all that is open fails at once. The next use, of the client or of any of
 * its sessions, starts another and waits for it, as do all who come meanwhile: each session is
 * there again with its name, tools and files, a higher generation and fresh state. Nothing is run a
 * second time. {@link Builder#restart} turns this off.
 *
 * <p>Thread-safe: every method may be called from any thread.
 */
public final class SupervisorClient implements AutoCloseable {
  private final ClientCore core;
  private final Session main;

  private SupervisorClient(ClientCore core, Deadline start) {
    this.core = core;
    this.main = core.openFirst(Defaults.SESSION, start, SupervisorClient::face).facade();
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A builder that a configuration has been given to; what is called on it later wins. */
  public static Builder builder(Configuration configuration) {
    return builder().configuration(configuration);
  }

  /** The session that was opened with the client. */
  public Session session() {
    return main;
  }

  /**
   * Opens another session: a REPL state of its own in a kernel of its own, on the same runner.
   * Where that fails, by its deadline or an interrupt too, one that opens all the same is closed.
   */
  public Session openSession(String name) {
    return core.openSession(name, inCallTime(), SupervisorClient::face).facade();
  }

  /**
   * Sends any request to the supervisor and waits for its result.
   *
   * @param paramsJson a JSON object
   * @return the result as JSON text
   * @throws dev.pyvisor.error.CallFailed when it is refused
   * @throws dev.pyvisor.error.CallTimedOut when no reply comes within the call time-out
   */
  public String request(String method, String paramsJson) {
    return Futures.await(
        internalRequest(method, paramsJson, inCallTime()),
        () -> Futures.interrupted(core.runnerId(), method));
  }

  /** Like {@link #request}, with a deadline of its own and without waiting for the reply. */
  public CompletableFuture<String> requestAsync(
      String method, String paramsJson, Duration deadline) {
    return core.published(internalRequest(method, paramsJson, Deadline.in(core.timer(), deadline)));
  }

  /**
   * Whether each session has a workspace of its own, which goes with it; not where the builder
   * named a directory.
   */
  public boolean ownsWorkspaces() {
    return core.settings().workspace().isEmpty();
  }

  /** Who is at the other end; after a death, until another has been started, who was. */
  public RunnerInfo runner() {
    return core.info();
  }

  /**
   * Completes when the last of the client's runners is gone for good, with how that one ended;
   * never exceptionally. That is after the client was closed, or, without {@link Builder#restart},
   * when its only runner has died.
   */
  public CompletableFuture<ExitReport> exited() {
    return core.exited();
  }

  /** What was dropped because a rule says so. */
  public Counters counters() {
    return core.counters();
  }

  /** What is open and what it waits for, one fact a line: for a report of what hangs. */
  public List<String> evidence() {
    return core.evidence();
  }

  /**
   * Writes a report of what hangs: a new folder, mode 0700, with the Java stacks, what is open and
   * queued, the last frames, the runner's facts, its Python stacks, what {@code /proc} says of its
   * processes, and a verdict of one line. Changes nothing, and returns within {@link
   * Defaults#EVIDENCE_LIMIT}, whatever the runner does; what could not be had by then is not in it.
   * The newest {@link Defaults#EVIDENCE_KEPT} reports are kept.
   *
   * @return the folder
   * @throws java.io.UncheckedIOException when no folder can be made
   * @throws IllegalStateException when the client is closed, or {@link Defaults#QUEUED_REPORTS}
   *     reports already wait
   */
  public Path hangReport() {
    return core.hangReport("asked for by the program");
  }

  /**
   * Ends the runner and all that it started, and removes its files. Cells that wait settle as never
   * started, one that runs as unknown, at once and without waiting for listeners. Returns within
   * {@link Defaults#CLOSE_LIMIT}. Closing again does nothing.
   */
  @Override
  public void close() {
    core.close();
  }

  private CompletableFuture<String> internalRequest(
      String method, String paramsJson, Deadline deadline) {
    return core.request(method, paramsJson, deadline).thenApply(JsonNode::toString);
  }

  private Deadline inCallTime() {
    return core.settings().inCallTime(core.timer());
  }

  static Session face(ClientCore core, SessionLife session, BooleanSupplier calling) {
    Reentrancy reentrancy = new Reentrancy(session, calling);
    return new Session(
        session,
        new SessionVerbs(core, session, reentrancy),
        new StateVerbs(core, session, reentrancy),
        new WorkspaceFiles(new FileVerbs(core, session)),
        reentrancy);
  }

  /**
   * Settings of a client. Each has a default; {@link #open} checks what can be checked.
   *
   * <p>Confined to the thread that builds.
   */
  public static final class Builder {
    private static final Pattern MODULE =
        Pattern.compile("[\\p{L}_][\\p{L}\\p{N}_]*(\\.[\\p{L}_][\\p{L}\\p{N}_]*)*");

    private String backend = Defaults.BACKEND;
    private final Map<String, String> backendOptions = new LinkedHashMap<>();
    private Optional<Path> python = Optional.empty();
    private Optional<Path> payload = Optional.empty();
    private Optional<Path> workspace = Optional.empty();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private final List<Tool> tools = new ArrayList<>();
    private Trust trust = Trust.NOT_STATED;
    private Optional<Launcher> launcher = Optional.empty();
    private Optional<String> image = Optional.empty();
    private Optional<String> container = Optional.empty();
    private Optional<String> containerOptions = Optional.empty();
    private Optional<String> launchCommand = Optional.empty();
    private ResourceLimits limits = ResourceLimits.none();
    private List<Input> inputs = List.of();
    private Duration startTimeout = Defaults.START_TIMEOUT;
    private Duration callTimeout = Defaults.CALL_TIMEOUT;
    private TimeLimit cellTimeout = TimeLimit.of(Defaults.CELL_TIMEOUT);
    private Duration interruptGrace = Defaults.INTERRUPT_GRACE;
    private TimeLimit toolTimeout = TimeLimit.of(Defaults.TOOL_TIMEOUT);
    private CheckpointPolicy checkpoints = Defaults.CHECKPOINTS;
    private final List<String> preload = new ArrayList<>();
    private int toolThreads = Defaults.TOOL_THREADS;
    private Optional<String> pythonLogging = Optional.empty();
    private Optional<Executor> callbackExecutor = Optional.empty();
    private Optional<Consumer<String>> verbose = Optional.empty();
    private Optional<Path> debugLog = Optional.empty();
    private Path evidenceDirectory = Defaults.evidenceDirectory();
    private boolean restart = true;

    private Builder() {}

    /**
     * Sets all that a configuration sets, as if its keys were called here. What is called later
     * wins over it; names of modules and variables are added to those that are there.
     */
    public Builder configuration(Configuration configuration) {
      configuration.applyTo(this);
      return this;
    }

    /** The backend by name. Default: {@value Defaults#BACKEND}. */
    public Builder backend(String name) {
      backend = name;
      return this;
    }

    /**
     * An option that one backend takes, named {@code <backend>.<option>} as its documentation says.
     * Those of other backends than the chosen one are kept and not looked at, so that a change of
     * {@link #backend} is all that it takes to swap them.
     *
     * @throws IllegalArgumentException when the key has no backend's name in front
     */
    public Builder backendOption(String key, String value) {
      if (key.indexOf('.') < 1 || key.endsWith(".")) {
        throw new IllegalArgumentException(
            "backendOption needs a key like '<backend>.<option>', not '" + key + "'");
      }
      backendOptions.put(key, value);
      return this;
    }

    /** The Python interpreter, 3.9 or newer. Default: the first usable python3 on the PATH. */
    public Builder python(Path interpreter) {
      python = Optional.of(interpreter);
      return this;
    }

    /** A directory with an unpacked runner of your own. Default: the one that the jar carries. */
    public Builder payload(Path directory) {
      payload = Optional.of(directory);
      return this;
    }

    /**
     * The directory that cells run in; it must exist. Default: a private one for each session,
     * removed with it.
     */
    public Builder workspace(Path directory) {
      workspace = Optional.of(directory);
      return this;
    }

    /** Sets an environment variable for cells. Default: PATH, HOME, LANG, TZ and few others. */
    public Builder environment(String name, String value) {
      if (name.isEmpty()
          || name.indexOf('=') >= 0
          || name.indexOf('\0') >= 0
          || value.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "environment '" + name + "': a name without '=' and NUL is needed");
      }
      environment.put(name, value);
      return this;
    }

    /** Passes the host's own value of an environment variable on, if it has one. */
    public Builder inheritEnvironment(String name) {
      String value = System.getenv(name);
      return value == null ? this : environment(name, value);
    }

    /** Makes every annotated method of an object a host tool. */
    public Builder tools(Object annotated) {
      tools.addAll(Tool.fromObject(annotated));
      return this;
    }

    /** Adds host tools. */
    public Builder tools(Collection<Tool> more) {
      tools.addAll(more);
      return this;
    }

    /** Adds a host tool. */
    public Builder tool(Tool tool) {
      tools.add(tool);
      return this;
    }

    /** Your word that the code may run with this process's rights: no warning is logged. */
    public Builder trusted() {
      return trust(Trust.STATED);
    }

    /** The same, or that you do not give it. Default: {@link Trust#NOT_STATED}. */
    public Builder trust(Trust word) {
      trust = word;
      return this;
    }

    /** How the runner is started. Default: a plain child process, which isolates nothing. */
    public Builder launcher(Launcher how) {
      launcher = Optional.of(how);
      return this;
    }

    /**
     * The image of the container, for {@link Launcher#PODMAN} and {@link Launcher#DOCKER}: any that
     * has a python3, 3.9 or newer.
     */
    public Builder image(String name) {
      image = Optional.of(given("image", name));
      return this;
    }

    /**
     * The name of a container that is kept: made where there is none of that name, used again where
     * there is one, and left running by {@link SupervisorClient#close}. Its processes end with the
     * client, its files stay; docs/SECURITY.md says which, and how it is destroyed. For {@link
     * Launcher#PODMAN} and {@link Launcher#DOCKER}, and one client at a time.
     *
     * @throws IllegalArgumentException when it is no name for a container
     */
    public Builder container(String name) {
      container = Optional.of(KeptFolder.checked(name));
      return this;
    }

    /**
     * More words for the {@code run} of podman or docker, in quotes where they hold spaces, such as
     * {@code --runtime runc}: what this machine needs. They stand behind Pyvisor's own, so they can
     * take away what isolates the container.
     */
    public Builder containerOptions(String words) {
      containerOptions = Optional.of(given("containerOptions", words));
      return this;
    }

    /**
     * The command line that {@link Launcher#COMMAND} starts, without a shell; docs/SECURITY.md says
     * what its placeholders are.
     */
    public Builder launchCommand(String line) {
      launchCommand = Optional.of(given("launchCommand", line));
      return this;
    }

    /**
     * What the code may use. One that cannot be held to is refused by {@link #open}. Default:
     * {@link ResourceLimits#none()}.
     */
    public Builder limits(ResourceLimits most) {
      limits = most;
      return this;
    }

    /** Changes them, as {@code limits(most -> most.withMemory(1L << 30))}. */
    public Builder limits(UnaryOperator<ResourceLimits> change) {
      return limits(change.apply(limits));
    }

    /**
     * A file or folder of this machine that cells can read and not change, as {@code /inputs/NAME}
     * where NAME is the last part of its path. For launchers that isolate; the others refuse it, as
     * they would let the code write to it. Default: none.
     *
     * @throws IllegalArgumentException when it would have no name there, or that of another input
     */
    public Builder input(Path host) {
      inputs = Input.of(host).after(inputs);
      return this;
    }

    /** The same under a name of its own. */
    public Builder input(Path host, String name) {
      inputs = new Input(host, name).after(inputs);
      return this;
    }

    /** From the start of the process until the first session is ready. Default: 10 s. */
    public Builder startTimeout(Duration limit) {
      startTimeout = positive("startTimeout", limit);
      return this;
    }

    /** For every verb but execute, from call to answer. Default: 30 s. */
    public Builder callTimeout(Duration limit) {
      callTimeout = positive("callTimeout", limit);
      return this;
    }

    /**
     * How long a cell may run that does not say so itself. Default: 300 s.
     *
     * @throws IllegalArgumentException when it is below 1 ms or above {@link TimeLimit#LONGEST}
     */
    public Builder cellTimeout(Duration limit) {
      cellTimeout = TimeLimit.of(limit);
      return this;
    }

    /** A cell that does not say so itself may run for ever. */
    public Builder noCellTimeout() {
      cellTimeout = TimeLimit.none();
      return this;
    }

    /**
     * How long a cell may take to heed an interrupt or its deadline before its kernel is killed.
     * Default: 2 s.
     *
     * @throws IllegalArgumentException when it is negative or above {@link TimeLimit#LONGEST}
     */
    public Builder interruptGrace(Duration grace) {
      interruptGrace = TimeLimit.grace(grace);
      return this;
    }

    /**
     * How long a host tool may take that does not say so itself, from its call to its answer.
     * Default: 60 s.
     *
     * @throws IllegalArgumentException when it is below 1 ms or above {@link TimeLimit#LONGEST}
     */
    public Builder toolTimeout(Duration limit) {
      toolTimeout = TimeLimit.of(limit);
      return this;
    }

    /** A host tool that does not say so itself may take as long as its cell runs. */
    public Builder noToolTimeout() {
      toolTimeout = TimeLimit.none();
      return this;
    }

    /** When sessions keep a frozen copy of their state. Default: {@link CheckpointPolicy#AUTO}. */
    public Builder checkpoints(CheckpointPolicy policy) {
      checkpoints = policy;
      return this;
    }

    /**
     * Python modules that the runner imports once, before the first session: every session then has
     * them at no cost of its own, though a cell still has to import their names. One that cannot be
     * imported is passed over. Default: none.
     *
     * @throws IllegalArgumentException when a name is not a module's
     */
    public Builder preload(String... modules) {
      for (String module : modules) {
        if (!MODULE.matcher(module).matches()) {
          throw new IllegalArgumentException(
              "preload needs names of Python modules such as 'numpy', not '" + module + "'");
        }
        preload.add(module);
      }
      return this;
    }

    /** How many host tools run at once. Default: 64. */
    public Builder toolThreads(int threads) {
      if (threads < 1) {
        throw new IllegalArgumentException("toolThreads must be at least 1, not " + threads);
      }
      toolThreads = threads;
      return this;
    }

    /**
     * Passes Python's logging from this level on to SLF4J, as {@code pyvisor.python.<logger>}.
     * Default: not.
     */
    public Builder pythonLogging(String level) {
      pythonLogging = Optional.of(level);
      return this;
    }

    /**
     * Where listeners are called and futures complete; it must not run a task in the thread that
     * hands it over. What it refuses, as one that was shut down does, is run on daemon threads of
     * the client's own; what it takes it must run. Default: those threads.
     */
    public Builder callbackExecutor(Executor executor) {
      callbackExecutor = Optional.of(executor);
      return this;
    }

    /**
     * Whether people at the terminal are told what cells do while they do it, on standard error:
     * output, calls of tools with their arguments, errors, answers. Default: not.
     */
    public Builder verbose(boolean told) {
      verbose = told ? Optional.of(Verbose.STANDARD_ERROR) : Optional.empty();
      return this;
    }

    /**
     * The same to a place of your own: pieces of text with their line ends, control characters as
     * escapes. It is called as a listener is, one cell after another within a session; a sink that
     * is slow slows the cell, and what it throws is logged and changes nothing.
     */
    public Builder verbose(Consumer<String> sink) {
      verbose = Optional.of(sink);
      return this;
    }

    /**
     * A file to which events are added for whoever has to find out later, a line of JSON each, with
     * what looks like a secret taken out: docs/diagnostics.md says what is in it. It is made with
     * mode 0600, and several clients may name the same one. Default: none.
     */
    public Builder debugLog(Path file) {
      debugLog = Optional.of(file);
      return this;
    }

    /**
     * Where reports of what hangs are kept, one folder each; it is made with mode 0700 when the
     * first is written. Default: {@link Defaults#evidenceDirectory()}.
     */
    public Builder evidenceDirectory(Path directory) {
      evidenceDirectory = directory;
      return this;
    }

    /**
     * Whether the use that follows the death of a runner starts another, with the same sessions and
     * tools and with fresh state. Default: true. Otherwise that use and all later ones fail with
     * {@link dev.pyvisor.error.RunnerGone}.
     */
    public Builder restart(boolean again) {
      restart = again;
      return this;
    }

    /**
     * Starts the runner and opens the first session.
     *
     * @throws LaunchFailed when that does not succeed; the message says what was tried, what was
     *     found, and the fix
     */
    public SupervisorClient open() {
      ClientCore core = ClientCore.open(settings());
      try {
        return new SupervisorClient(core, Deadline.in(core.timer(), startTimeout));
      } catch (RuntimeException | Error failed) {
        core.giveUp();
        throw failed;
      }
    }

    /** What has been set so far. */
    ClientSettings settings() {
      Sandbox chosen =
          new Sandbox(launcher, image, containerOptions, launchCommand, limits, inputs, container);
      return new ClientSettings(
          backend,
          backendOptions,
          python,
          payload,
          workspace.or(() -> chosen.kept().map(KeptFolder::files)),
          environment,
          tools,
          trust,
          chosen,
          startTimeout,
          callTimeout,
          cellTimeout,
          interruptGrace,
          toolTimeout,
          checkpoints,
          preload,
          toolThreads,
          pythonLogging,
          callbackExecutor,
          verbose,
          debugLog,
          evidenceDirectory,
          restart);
    }

    private static String given(String name, String text) {
      if (text.isBlank() || text.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            name + " must not be blank and has no NUL; leave it out for its default");
      }
      return text;
    }

    private static Duration positive(String name, Duration limit) {
      if (limit.isNegative() || limit.isZero()) {
        throw new IllegalArgumentException(name + " must be positive, not " + limit);
      }
      return limit;
    }
  }
}
