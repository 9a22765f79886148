package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** How a message is delimited on the peer's streams. */
enum Framing {
  /** Four bytes of length, then as many bytes. */
  LENGTH {
    @Override
    byte[] read(InputStream in) throws IOException {
      DataInputStream data = new DataInputStream(in);
      int length = data.readInt();
      if (length < 0 || length > BenchLimits.LARGE) {
        throw new IOException("a frame of " + length + " bytes; at most " + BenchLimits.LARGE);
      }
      byte[] body = new byte[length];
      data.readFully(body);
      return body;
    }

    @Override
    void write(OutputStream out, byte[] body) throws IOException {
      out.write(ByteBuffer.allocate(Integer.BYTES).putInt(body.length).array());
      out.write(body);
      out.flush();
    }
  },
  /** A newline at the end. The stream must be buffered: it is read byte by byte. */
  LINE {
    @Override
    byte[] read(InputStream in) throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int next = in.read(); next != '\n'; next = in.read()) {
        if (next < 0) {
          throw new EOFException("the peer ended inside a line");
        }
        if (line.size() == BenchLimits.LARGE) {
          throw new IOException("a line of more than " + BenchLimits.LARGE + " bytes");
        }
        line.write(next);
      }
      return line.toByteArray();
    }

    @Override
    void write(OutputStream out, byte[] body) throws IOException {
      out.write(body);
      out.write('\n');
      out.flush();
    }
  };

  /** The peer's last word: all messages were right. */
  static void expectGood(byte[] message) throws IOException {
    String text = new String(message, StandardCharsets.UTF_8);
    if (!text.equals("good")) {
      throw new IOException("expected 'good', got " + message.length + " bytes");
    }
  }

  /** Waits for a whole message. */
  abstract byte[] read(InputStream in) throws IOException;

  /** Writes a whole message, and blocks while the pipe is full. */
  abstract void write(OutputStream out, byte[] body) throws IOException;
}
