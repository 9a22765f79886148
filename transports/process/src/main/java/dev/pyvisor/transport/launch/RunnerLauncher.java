package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.error.LaunchFailed;
import java.util.Optional;

/**
 * One way to start a runner.
 *
 * <p>Thread-safe: implementations hold no state that changes.
 */
public interface RunnerLauncher {
  /** Which one it is. */
  Launcher kind();

  /**
   * Why it cannot be used on this machine, with what would mend that; empty where it can. Blocks
   * while a command is tried, within its limit.
   */
  Optional<String> obstacle();

  /**
   * What to start.
   *
   * @throws LaunchFailed when it cannot be used, or what was asked for is more than it can do
   */
  LaunchPlan plan(RunnerStart start);
}
