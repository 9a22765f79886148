package dev.pyvisor.bench;

import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.PythonChild;
import dev.pyvisor.bench.python.Script;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The yardsticks: what a pipe to a Python process costs when nothing is done with it. */
final class RawRows {
  private static final int SMALL = 64;
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
    return start(bare(workbench.interpreter()));
  }

  /** Namespaces of its own on the files of this machine: the least that bwrap is asked for. */
  private static Probe isolatedStart(Workbench workbench) throws RowUnavailable {
    OurRows.requireBubblewrap();
    List<String> command =
        new ArrayList<>(
            List.of("bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"));
    command.addAll(List.of("--proc", "/proc", "--dev", "/dev", "--"));
    command.addAll(bare(workbench.interpreter()));
    return start(command);
  }

  private static List<String> bare(Interpreter interpreter) {
    return List.of(interpreter.path().toString(), "-I", "-S");
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

  /** A Python process that sends frames back. */
  private static final class Echo implements Subject {
    private final PythonChild child;
    private final OutputStream out;
    private final DataInputStream in;

    Echo(Interpreter interpreter) throws IOException {
      this(bare(interpreter));
    }

    Echo(List<String> command) throws IOException {
      child = PythonChild.start(command, Script.ECHO, Redirect.INHERIT);
      out = child.stdin();
      in = new DataInputStream(child.stdout());
    }

    /** The echo reads a frame whole before it writes, so one thread may write and then read. */
    void roundTrip(byte[] payload) throws IOException {
      out.write(ByteBuffer.allocate(Integer.BYTES).putInt(payload.length).array());
      out.write(payload);
      out.flush();
      int length = in.readInt();
      if (length != payload.length) {
        throw new IOException("an echo of " + length + " bytes for " + payload.length);
      }
      if (in.readNBytes(length).length != length) {
        throw new EOFException("the echo ended inside a frame");
      }
    }

    @Override
    public void abort() {
      child.kill();
    }

    @Override
    public void close() {
      child.close();
    }
  }
}
