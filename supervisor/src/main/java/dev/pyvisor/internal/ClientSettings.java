package dev.pyvisor.internal;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.Trust;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * What a client was built with.
 *
 * <p>Immutable.
 */
public record ClientSettings(
    String backend,
    Map<String, String> backendOptions,
    Optional<Path> python,
    Optional<Path> payload,
    Optional<Path> workspace,
    Map<String, String> environment,
    List<Tool> tools,
    Trust trust,
    Sandbox sandbox,
    Duration startTimeout,
    Duration callTimeout,
    TimeLimit cellTimeout,
    Duration interruptGrace,
    TimeLimit toolTimeout,
    CheckpointPolicy checkpoints,
    List<String> preload,
    int toolThreads,
    Optional<String> pythonLogging,
    Optional<Executor> callbackExecutor,
    Optional<Consumer<String>> verbose,
    Optional<Path> debugLog,
    Path evidenceDirectory,
    boolean restart) {

  public ClientSettings {
    backendOptions = Map.copyOf(backendOptions);
    environment = Map.copyOf(environment);
    tools = List.copyOf(tools);
    preload = List.copyOf(preload);
  }

  /** From now on, the time that a request may take which says nothing else. */
  public Deadline inCallTime(Timer timer) {
    return Deadline.in(timer, callTimeout);
  }
}
