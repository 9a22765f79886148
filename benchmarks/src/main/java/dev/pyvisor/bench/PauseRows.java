package dev.pyvisor.bench;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.bench.Row.Yardstick;
import java.util.List;
import java.util.Locale;

/**
 * A cell as an agent sends it: seconds after the one before, when the kernel has long kept its
 * state. Caches have cooled by then and cores sleep, so that a bare pipe is slower too.
 */
final class PauseRows {
  private static final String PAUSE = "after a pause of " + BenchLimits.THOUGHT.toMillis() + " ms";

  private PauseRows() {}

  static List<Row> all() {
    return List.of(
        new Row(
            Yardstick.ECHO_AFTER_PAUSE.key(),
            "raw pipe echo, " + RawRows.SMALL + " bytes, " + PAUSE,
            Yardstick.ECHO_AFTER_PAUSE,
            1,
            PauseRows::echo),
        cell("cell-after-pause", CheckpointPolicy.AUTO),
        cell("cell-after-pause-never", CheckpointPolicy.NEVER));
  }

  private static Probe echo(Workbench workbench) throws Exception {
    Echo echo = workbench.subject("echo-after-pause", Echo.class, Echo::new);
    byte[] payload = new byte[RawRows.SMALL];
    return timing(echo, echo.pid(), () -> echo.roundTrip(payload));
  }

  /** A runner of its own: what other rows did before would decide what is ready for the cell. */
  private static Row cell(String key, CheckpointPolicy policy) {
    return new Row(
        key,
        "pyvisor: empty cell, " + PAUSE + ", checkpoints " + policy.name().toLowerCase(Locale.ROOT),
        Yardstick.ECHO_AFTER_PAUSE,
        1,
        workbench -> {
          Runner runner =
              workbench.subject(
                  "after-pause-" + policy.wireName(),
                  Runner.class,
                  interpreter -> new Runner(interpreter, policy));
          return timing(runner, runner.kernel(), () -> runner.run(""));
        });
  }

  /** Takes the time of {@code action}, once this process has had nothing to do for the pause. */
  private static Probe timing(Subject subject, long pid, Probe.Action action) {
    Probe timed = Probe.timing(subject, action);
    return new Probe(
        subject,
        () -> {
          Processes.awaitSleep(pid);
          Thread.sleep(BenchLimits.THOUGHT.toMillis());
          // Beside others that want the cores, a kernel may have got to its copy only now.
          Processes.awaitSleep(pid);
          return timed.operation().once();
        });
  }
}
