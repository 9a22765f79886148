package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import dev.pyvisor.bench.python.PythonChild;
import dev.pyvisor.bench.python.Script;
import java.io.EOFException;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;

/** Starts the other side of a conversation. */
final class Peer {
  private Peer() {}

  /** Returns when the peer has given its pipes their size. */
  static PythonChild start(Path python, Redirect stderr, String mode, int count, PipeSize pipes)
      throws IOException {
    PythonChild child =
        PythonChild.start(
            python,
            Script.WEDGE_PEER,
            stderr,
            mode,
            Integer.toString(count),
            Integer.toString(BenchLimits.LARGE),
            Integer.toString(pipes.bytes()));
    if (child.stdout().read() < 0) {
      child.close();
      throw new EOFException("the peer has ended before it began");
    }
    return child;
  }
}
