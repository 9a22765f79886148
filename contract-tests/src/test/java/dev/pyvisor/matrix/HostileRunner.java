package dev.pyvisor.matrix;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.load.Interpreters;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A websocket that does to a host whatever a test says. The process that the host starts only names
 * its address, and goes when it is told to.
 */
final class HostileRunner implements AutoCloseable {
  static final int TEXT = 1;
  static final int BINARY = 2;
  static final int CLOSE = 8;
  static final int PING = 9;
  static final int PONG = 10;
  private static final int FIN = 0x80;

  /** What is done on each connection, from the request on. */
  @FunctionalInterface
  interface Script {
    void run(Host host) throws IOException;
  }

  private final ServerSocket listening;
  private final Script script;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();

  HostileRunner(Script script) throws IOException {
    this.script = script;
    listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    daemon("hostile-accept", this::accept);
  }

  /** A client whose runner this is. */
  SupervisorClient.Builder client(Path folder) throws IOException {
    Files.writeString(
        folder.resolve("__main__.py"),
        "import sys\nprint('{\"listening\": \"127.0.0.1:%d\", \"pid\": 1}', flush=True)\nsys.stdin.read()\n"
            .formatted(listening.getLocalPort()));
    return SupervisorClient.builder()
        .backend("websocket")
        .python(Interpreters.standard())
        .launcher(Launcher.PROCESS)
        .payload(folder)
        .trusted();
  }

  /** How often the host came. */
  int connections() {
    return connections.get();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        open.add(socket);
        connections.incrementAndGet();
        daemon("hostile-" + socket.getPort(), () -> serve(socket));
      }
    } catch (IOException closed) {
      return;
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      script.run(new Host(socket));
    } catch (IOException gone) {
      return;
    } finally {
      open.remove(socket);
    }
  }

  private static void daemon(String name, Runnable work) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
  }

  /** The host at the other end of one connection. */
  static final class Host {
    private static final Pattern KEY = Pattern.compile("(?i)sec-websocket-key: *(\\S+)");
    private final DataInputStream in;
    private final OutputStream out;

    private Host(Socket socket) throws IOException {
      in = new DataInputStream(socket.getInputStream());
      out = socket.getOutputStream();
    }

    /** Reads the host's request; returns the answer that it waits for. */
    String request() throws IOException {
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        head.append((char) in.readUnsignedByte());
      }
      Matcher key = KEY.matcher(head);
      if (!key.find()) {
        throw new IOException("a request without a key");
      }
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Protocol: pyvisor.v1\r\nSec-WebSocket-Accept: "
          + proof(key.group(1))
          + "\r\n\r\n";
    }

    /** Makes a websocket of it, and reads the attach. */
    Host open() throws IOException {
      raw(request().getBytes(StandardCharsets.US_ASCII));
      message();
      return this;
    }

    /** The same, and answers it. */
    Host attached() throws IOException {
      return open().said(2, "{\"incarnation\":\"i\",\"attached\":1,\"received\":0}");
    }

    /** The next message, or what a control frame holds. */
    byte[] message() throws IOException {
      in.readUnsignedByte();
      int length = in.readUnsignedByte() & 0x7f;
      long size = length == 126 ? in.readUnsignedShort() : length == 127 ? in.readLong() : length;
      byte[] mask = in.readNBytes(4);
      byte[] body = in.readNBytes((int) size);
      for (int i = 0; i < body.length; i++) {
        body[i] ^= mask[i % 4];
      }
      return body;
    }

    Host raw(byte[] bytes) throws IOException {
      out.write(bytes);
      return this;
    }

    Host frame(int opcode, byte[] body) throws IOException {
      return frame(FIN | opcode, body.length, body);
    }

    /** A frame with a first byte and a length that need not be true. */
    Host frame(int first, long size, byte[] body) throws IOException {
      ByteBuffer head = ByteBuffer.allocate(10).put((byte) first);
      if (size < 126) {
        head.put((byte) size);
      } else if (size < 65_536) {
        head.put((byte) 126).putShort((short) size);
      } else {
        head.put((byte) 127).putLong(size);
      }
      byte[] whole = new byte[head.position() + body.length];
      head.flip().get(whole, 0, head.limit());
      System.arraycopy(body, 0, whole, head.limit(), body.length);
      return raw(whole);
    }

    Host word(int kind, long... numbers) throws IOException {
      return frame(BINARY, words(kind, numbers, new byte[0]));
    }

    Host record(long offset, long ack, byte[] data) throws IOException {
      return frame(BINARY, words(3, new long[] {offset, ack}, data));
    }

    Host said(int kind, String content) throws IOException {
      byte[] text = content.getBytes(StandardCharsets.UTF_8);
      return frame(BINARY, ByteBuffer.allocate(1 + text.length).put((byte) kind).put(text).array());
    }

    /** Until the host goes. */
    void listen() throws IOException {
      in.transferTo(OutputStream.nullOutputStream());
    }

    private static byte[] words(int kind, long[] numbers, byte[] data) {
      ByteBuffer message =
          ByteBuffer.allocate(1 + Long.BYTES * numbers.length + data.length).put((byte) kind);
      for (long number : numbers) {
        message.putLong(number);
      }
      return message.put(data).array();
    }

    private static String proof(String key) {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-1")
                .digest(
                    (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                        .getBytes(StandardCharsets.US_ASCII));
        return Base64.getEncoder().encodeToString(digest);
      } catch (NoSuchAlgorithmException impossible) {
        throw new AssertionError(impossible);
      }
    }
  }
}
