package dev.pyvisor.bench;

import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.bench.python.PythonChild;
import dev.pyvisor.bench.python.Script;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A Python process that sends frames back.
 *
 * <p>Confined to the measuring thread, but for {@link #abort}.
 */
final class Echo implements Subject {
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

  static List<String> bare(Interpreter interpreter) {
    return List.of(interpreter.path().toString(), "-I", "-S");
  }

  long pid() {
    return child.pid();
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
