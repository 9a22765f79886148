package dev.pyvisor.bench;

import dev.pyvisor.bench.Row.Yardstick;
import java.util.ArrayList;
import java.util.List;

/** The yardsticks: what a pipe to a Python process costs when nothing is done with it. */
final class RawRows {
  static final int SMALL = 64;
  private static final int COLD_EVERY = 10;

  private RawRows() {}

  static List<Row> all() {
    return List.of(
        new Row(
            Yardstick.ECHO.key(),
            "raw pipe echo, " + SMALL + " bytes",
            Yardstick.ECHO,
            1,
            workbench -> echo(workbench, SMALL)),
        new Row(
            Yardstick.ECHO_LARGE.key(),
            "raw pipe echo, 950 kB there and back",
            Yardstick.ECHO_LARGE,
            1,
            workbench -> echo(workbench, BenchLimits.LARGE)),
        new Row(
            Yardstick.PYTHON_START.key(),
            "bare python (-I -S): start to first echo",
            Yardstick.PYTHON_START,
            COLD_EVERY,
            RawRows::start),
        new Row(
            Yardstick.BWRAP_START.key(),
            "bare bwrap around bare python: start to first echo",
            Yardstick.BWRAP_START,
            COLD_EVERY,
            RawRows::isolatedStart),
        new Row(
            Yardstick.PODMAN_START.key(),
            "bare podman around bare python: start to first echo",
            Yardstick.PODMAN_START,
            COLD_EVERY,
            workbench -> start(Containers.bare())));
  }

  private static Probe echo(Workbench workbench, int size) throws Exception {
    Echo echo = workbench.subject(Echo.class, Echo::new);
    byte[] payload = new byte[size];
    return Probe.timing(echo, () -> echo.roundTrip(payload));
  }

  private static Probe start(Workbench workbench) {
    return start(Echo.bare(workbench.interpreter()));
  }

  /** Namespaces of its own on the files of this machine: the least that bwrap is asked for. */
  private static Probe isolatedStart(Workbench workbench) throws RowUnavailable {
    OurRows.requireBubblewrap();
    List<String> command =
        new ArrayList<>(
            List.of("bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"));
    command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--"));
    command.addAll(Echo.bare(workbench.interpreter()));
    return start(command);
  }

  private static Probe start(List<String> command) {
    ShortLived<Echo> current = new ShortLived<>();
    byte[] payload = new byte[SMALL];
    return new Probe(
        current,
        () -> {
          long begin = System.nanoTime();
          try (Echo echo = current.hold(new Echo(command))) {
            echo.roundTrip(payload);
            return System.nanoTime() - begin;
          }
        });
  }
}
