package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A plain child process: a Python of this machine, with all that this process may do.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class ProcessLauncher implements RunnerLauncher {
  @Override
  public Launcher kind() {
    return Launcher.PROCESS;
  }

  @Override
  public Optional<String> obstacle() {
    return Optional.empty();
  }

  @Override
  public LaunchPlan plan(RunnerStart start) {
    Path python = PythonLocator.locate(start.config().runnerId(), start.config().python());
    List<String> command = new ArrayList<>();
    command.add(python.toString());
    command.addAll(
        List.of("-I", "-S", RunnerFiles.of(start.config()).resolve("__main__.py").toString()));
    command.addAll(start.arguments());
    return new LaunchPlan(command, start.environment(), start.directory());
  }
}
