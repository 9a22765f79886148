package dev.pyvisor.bench;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Defaults;
import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient.Builder;
import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.transport.launch.BubblewrapLauncher;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Pyvisor through its public interface: over a pipe, and beside it over a websocket. */
final class OurRows {
  private static final int COLD_EVERY = 10;
  private static final int STREAM_EVERY = 10;

  private OurRows() {}

  static List<Row> all() {
    return List.of(
        row("cell", "empty cell", Yardstick.ECHO, Ours::emptyCell),
        row("print", "print of a line, until the listener has it", Yardstick.ECHO, Ours::print),
        row("tool", "tool call, seen from Python", Yardstick.ECHO, ours -> ours.timed("nothing()")),
        row(
            "tool-never",
            "tool call, seen from Python, checkpoints never",
            Yardstick.ECHO,
            CheckpointPolicy.NEVER,
            ours -> ours.timed("nothing()")),
        row(
            "tool-arguments",
            "tool call with two numbers",
            Yardstick.TOOL,
            ours -> ours.timed("add(1, 2)")),
        row(
            "tool-langchain4j",
            "tool call with two numbers, a tool of LangChain4j's, checked by its schema",
            Yardstick.TOOL,
            ours -> ours.timed("add_by_langchain4j(1, 2)")),
        row(
            "tool-request",
            "tool call with 950 kB argument",
            Yardstick.ECHO_LARGE,
            ours -> ours.timed("length(payload)")),
        row(
            "tool-result",
            "tool call with 950 kB result",
            Yardstick.ECHO_LARGE,
            ours -> ours.timed("payload_of_host()")),
        row("output", "950 kB printed", Yardstick.ECHO_LARGE, Ours::printLarge),
        new Row(
            "stream",
            "pyvisor: 64 MiB printed",
            Yardstick.STREAM,
            STREAM_EVERY,
            workbench -> probe(workbench, "pipe", Defaults.CHECKPOINTS, Ours::printStream)),
        link("cell", "empty cell", Yardstick.CELL, 1, Ours::emptyCell),
        link(
            "tool",
            "tool call, seen from Python",
            Yardstick.TOOL,
            1,
            ours -> ours.timed("nothing()")),
        link("output", "950 kB printed", Yardstick.OUTPUT, 1, Ours::printLarge),
        link("stream", "64 MiB printed", Yardstick.STREAM, STREAM_EVERY, Ours::printStream),
        new Row(
            "cold",
            "pyvisor: cold start to first result",
            Yardstick.PYTHON_START,
            COLD_EVERY,
            workbench -> cold(workbench, builder -> builder.launcher(Launcher.PROCESS))),
        new Row(
            "cold-bubblewrap",
            "pyvisor in bubblewrap: cold start to first result",
            Yardstick.BWRAP_START,
            COLD_EVERY,
            workbench -> {
              requireBubblewrap();
              return cold(workbench, builder -> builder.launcher(Launcher.BUBBLEWRAP));
            }),
        new Row(
            "cold-podman",
            "pyvisor in podman: cold start to first result",
            Yardstick.PODMAN_START,
            COLD_EVERY,
            workbench -> {
              Containers.require();
              return cold(workbench, Containers::choose);
            }));
  }

  static void requireBubblewrap() throws RowUnavailable {
    Optional<String> obstacle = new BubblewrapLauncher().obstacle();
    if (obstacle.isPresent()) {
      throw new RowUnavailable(obstacle.get());
    }
  }

  /** Does it once and returns the nanoseconds. */
  private interface Step {
    long run(Ours ours) throws Exception;
  }

  private static Row row(String key, String title, Yardstick yardstick, Step step) {
    return row(key, title, yardstick, Defaults.CHECKPOINTS, step);
  }

  private static Row row(
      String key, String title, Yardstick yardstick, CheckpointPolicy policy, Step step) {
    return new Row(
        key,
        "pyvisor: " + title,
        yardstick,
        1,
        workbench -> probe(workbench, "pipe", policy, step));
  }

  /** The same over a websocket of this machine, beside the pipe's row of the same run. */
  private static Row link(String key, String title, Yardstick yardstick, int every, Step step) {
    return new Row(
        "websocket-" + key,
        "pyvisor over websocket: " + title,
        yardstick,
        every,
        workbench -> probe(workbench, "websocket", Defaults.CHECKPOINTS, step));
  }

  private static Probe probe(
      Workbench workbench, String backend, CheckpointPolicy policy, Step step) throws Exception {
    Ours ours =
        workbench.subject(
            "ours-" + backend + "-" + policy.wireName(),
            Ours.class,
            interpreter -> new Ours(interpreter, backend, policy));
    return new Probe(ours, () -> step.run(ours));
  }

  private static Probe cold(Workbench workbench, Consumer<Builder> launcher) {
    ShortLived<Ours> current = new ShortLived<>();
    return new Probe(
        current,
        () -> {
          long begin = System.nanoTime();
          try (Ours ours =
              current.hold(
                  new Ours(workbench.interpreter(), "pipe", Defaults.CHECKPOINTS, launcher))) {
            ours.emptyCell();
            return System.nanoTime() - begin;
          }
        });
  }
}
