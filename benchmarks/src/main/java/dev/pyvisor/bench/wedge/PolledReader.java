package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Broken: asks the stream whether there is something to read, and then reads with a reader that has
 * a buffer of its own. What that buffer took along with an earlier line, the stream no longer has:
 * it says "nothing" for ever, while the answer lies in our own memory.
 */
final class PolledReader {
  /** What people let pass between two looks; nothing of ours waits like this. */
  private static final Duration USUAL_PAUSE = Duration.ofMillis(1);

  private static final byte[] GO = {'g', 'o'};

  private final InputStream stream;
  private final BufferedReader reader;
  private final Duration pause;

  PolledReader(InputStream stream, Duration pause) {
    this.stream = stream;
    this.pause = pause;
    reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8));
  }

  static Form form() {
    return new Form(
        "polled-reader",
        "polling mixed with a buffered reader",
        "lines",
        PolledReader::broken,
        PolledReader::repaired);
  }

  /** The broken way to wait for a line. */
  String pollAndReadLine() throws IOException {
    long limit = System.nanoTime() + BenchLimits.OPERATION.toNanos();
    while (stream.available() == 0) {
      LockSupport.parkNanos(pause.toNanos());
      if (Thread.interrupted() || System.nanoTime() > limit) {
        throw new InterruptedIOException("broken off while polling");
      }
    }
    return readLine();
  }

  /** Whether a line lies in the reader, and the stream says that there is nothing. */
  boolean hidesALine() throws IOException {
    return stream.available() == 0 && reader.ready();
  }

  String readLine() throws IOException {
    return String.valueOf(reader.readLine());
  }

  private static void broken(Wire wire) throws IOException {
    PolledReader reader = new PolledReader(wire.in(), USUAL_PAUSE);
    for (int round = 0; round < BenchLimits.AT_ONCE; round++) {
      Framing.LINE.write(wire.out(), GO);
      expect(reader.pollAndReadLine().length(), reader.pollAndReadLine());
    }
    Framing.LINE.write(wire.out(), GO);
    Framing.expectGood(reader.pollAndReadLine().getBytes(StandardCharsets.UTF_8));
  }

  private static void repaired(Wire wire) throws Exception {
    Repaired peer = new Repaired(wire, Framing.LINE);
    for (int round = 0; round < BenchLimits.AT_ONCE; round++) {
      peer.send(GO);
      expect(peer.receive().length, new String(peer.receive(), StandardCharsets.UTF_8));
    }
    peer.send(GO);
    Framing.expectGood(peer.receive());
  }

  private static void expect(int size, String end) throws IOException {
    if (size != BenchLimits.LARGE || !end.equals("done")) {
      throw new IOException("expected a line of " + BenchLimits.LARGE + " and 'done'");
    }
  }
}
