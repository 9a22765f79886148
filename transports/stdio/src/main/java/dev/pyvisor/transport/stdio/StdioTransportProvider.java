package dev.pyvisor.transport.stdio;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.BackendOption;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.transport.launch.CommandWords;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.process.LocalBackend;
import dev.pyvisor.transport.process.ProcessTransport;
import dev.pyvisor.transport.process.RunnerEnvironment;
import dev.pyvisor.transport.stdio.HostVerbs.Registration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts a supervisor that speaks the old line dialect: any command, or the runner that the jar
 * carries. Deprecated from its first day; docs/STDIO.md says when it goes.
 *
 * <p>Thread-safe: it holds no state of its own.
 */
public final class StdioTransportProvider implements TransportProvider {
  private static final Logger LOG = LoggerFactory.getLogger(StdioTransportProvider.class);
  private static final LocalBackend LOCAL = new LocalBackend("stdio");
  private static final Deprecation DEPRECATION = new Deprecation();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int MARK_BYTES = 16;
  private static final String COMMAND = "command";

  @Override
  public String name() {
    return "stdio";
  }

  @Override
  public List<BackendOption> options() {
    return List.of(
        new BackendOption(
            COMMAND,
            "The supervisor's command line: a program and its arguments, in quotes where they hold"
                + " spaces; no shell. Default: the runner that Pyvisor carries."));
  }

  @Override
  public boolean launches() {
    return true;
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    LOCAL.requireLinux(config);
    Path workspace = workspace(config);
    String command = config.options().get(COMMAND);
    if (!config.sandbox().limits().equals(ResourceLimits.none())) {
      throw new LaunchFailed(
          config.runnerId(),
          ErrorCode.INVALID_ARGUMENT,
          "the deprecated backend stdio has no word for limits ("
              + String.join(", ", config.sandbox().limits().keys())
              + "); leave them out, or use the backend pipe",
          null);
    }
    if (command != null) {
      refuseLauncher(config);
    }
    LaunchPlan plan =
        command == null
            ? LocalBackend.runner(config, workspace, List.of("--stdio"))
            : new LaunchPlan(
                CommandWords.of(config.runnerId(), "stdio.command", command),
                RunnerEnvironment.of(config),
                workspace);
    LOCAL.warnOnce(config);
    DEPRECATION.say(LOG::warn);
    StdioConversation conversation =
        new StdioConversation(
            config,
            outbound,
            listener,
            workspace.toString(),
            command == null ? Registration.KEEPS_STATE : Registration.COSTS_STATE,
            StdioTransportProvider::mark,
            silence(plan, command));
    return ProcessTransport.start(plan, config, conversation, listener);
  }

  /** A program of somebody else's is started as it is; what was asked for would not be done. */
  private static void refuseLauncher(TransportConfig config) {
    Sandbox asked = config.sandbox();
    if (!asked.equals(Sandbox.UNCHOSEN) && !asked.equals(Sandbox.by(Launcher.PROCESS))) {
      throw new LaunchFailed(
          config.runnerId(),
          ErrorCode.INVALID_ARGUMENT,
          "stdio.command starts a program of yours as a plain process, and a launcher, an image or a"
              + " limit is for the runner that Pyvisor carries; leave one of them out, or put the"
              + " sandbox into that command line",
          null);
    }
  }

  private static Supplier<String> silence(LaunchPlan plan, @Nullable String command) {
    String otherwise = "it ended before it said anything";
    return command == null ? () -> LocalBackend.complaint(plan).orElse(otherwise) : () -> otherwise;
  }

  /** The dialect has no word for it, so it is where the supervisor begins. */
  private static Path workspace(TransportConfig config) {
    if (config.workspace().isPresent()) {
      return config.workspace().get().toAbsolutePath();
    }
    try {
      return Files.createDirectories(config.privateDirectory().resolve("workspace"));
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(), "no workspace can be made: " + problem.getMessage(), problem);
    }
  }

  private static String mark() {
    byte[] mark = new byte[MARK_BYTES];
    RANDOM.nextBytes(mark);
    return HexFormat.of().formatHex(mark);
  }
}
