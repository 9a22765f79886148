package dev.pyvisor.internal;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageReader;
import dev.pyvisor.wire.MessageWriter;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Runners that live in memory: each opens sessions, takes tools in, and answers nothing else. When
 * and how they die is the test's to say.
 */
public final class MemoryBackend implements TransportProvider {
  /** Every runner that was started, in order; a test takes its own out. */
  static final BlockingQueue<Runner> STARTED = new LinkedBlockingQueue<>();

  /** Whether the next start fails. */
  static volatile boolean broken;

  /** More of each answer to session.open: fields, each with a comma before it. */
  static volatile String opened = "";

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    if (broken) {
      throw new LaunchFailed(config.runnerId(), "the backend is broken");
    }
    Runner runner = new Runner(config.runnerId(), listener);
    STARTED.add(runner);
    Thread thread = new Thread(() -> runner.serve(outbound), "memory-runner-" + runner.id);
    thread.setDaemon(true);
    thread.start();
    return runner;
  }

  static Runner next() throws InterruptedException {
    Runner runner = STARTED.poll(10, TimeUnit.SECONDS);
    if (runner == null) {
      throw new AssertionError("no runner was started");
    }
    return runner;
  }

  /** One of them. */
  static final class Runner implements Transport {
    final String id;
    final BlockingQueue<String> asked = new LinkedBlockingQueue<>();

    /** The id of each request, in the order of {@link #asked}. */
    final BlockingQueue<String> ids = new LinkedBlockingQueue<>();

    final CountDownLatch gone = new CountDownLatch(1);

    /** What a registration waits for before it is answered; nothing, until the test says so. */
    volatile CountDownLatch registering = new CountDownLatch(0);

    private final TransportListener listener;
    private int number;

    Runner(String id, TransportListener listener) {
      this.id = id;
      this.listener = listener;
    }

    private void serve(FrameSource outbound) {
      byte[] hello =
          ("{\"magic\":\"pyvisor\",\"protocol\":1,\"runner\":\"0\",\"incarnation\":\""
                  + id
                  + "\",\"pid\":1,\"python\":\"3.11.7\",\"implementation\":\"cpython\"}")
              .getBytes(StandardCharsets.UTF_8);
      listener.onFrame(new Frame(FrameKind.HELLO, 0, 0, 0, 0, 0, 0, hello));
      FrameReader frames = new FrameReader();
      MessageReader messages = new MessageReader();
      ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
      try {
        while (outbound.take(buffer)) {
          frames.feed(
              buffer.flip(),
              frame -> {
                if (frame.kind() == FrameKind.MESSAGE) {
                  Message message = messages.accept(frame);
                  if (message != null) {
                    answer(message);
                  }
                }
              });
          buffer.clear();
        }
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
    }

    private void answer(Message message) {
      Envelope.Request request = (Envelope.Request) JsonRpc.parse(message.envelope());
      ids.add(request.id());
      asked.add(request.method() + " " + request.params());
      String result =
          switch (request.method()) {
            case "session.open" ->
                "{\"session\":1,\"generation\":" + generation(request) + opened + "}";
            case "tools.register" -> registered();
            default -> "";
          };
      if (!result.isEmpty()) {
        replies(request.id(), result);
      }
    }

    private String registered() {
      try {
        registering.await();
        return "{}";
      } catch (InterruptedException stopped) {
        throw new AssertionError(stopped);
      }
    }

    private static int generation(Envelope.Request request) {
      return request.params().path("generation").asInt(1);
    }

    /** Its reply to a request of that id, whether there was one or not. */
    void replies(String id, String result) {
      say("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":" + result + "}");
    }

    private synchronized void say(String envelope) {
      byte[] bytes = envelope.getBytes(StandardCharsets.UTF_8);
      MessageWriter writer =
          new MessageWriter(new Message(FrameKind.MESSAGE, 0, 0, 0, 0, ++number, bytes, List.of()));
      FrameReader frames = new FrameReader();
      while (!writer.finished()) {
        ByteBuffer frame = ByteBuffer.allocate(Limits.FRAME);
        writer.writeNext(frame);
        frames.feed(frame.flip(), this::heard);
      }
    }

    /** What hearing it comes to is its end, as with the real ones. */
    private void heard(Frame frame) {
      try {
        listener.onFrame(frame);
      } catch (ProtocolError broken) {
        listener.onViolation(broken);
        kill("it broke " + broken.rule());
      } catch (RuntimeException | Error defect) {
        kill("the host failed on what it said: " + defect);
      }
    }

    /** The next thing that it was asked. */
    String asked() throws InterruptedException {
      String next = asked.poll(10, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("runner " + id + " was asked nothing more");
      }
      return next;
    }

    /** Its process has ended; what it has left may take longer. */
    void die() {
      listener.onClosed(new ExitReport("it ended", OptionalInt.of(137), ""));
    }

    @Override
    public void kill(String reason) {
      die();
      gone.countDown();
    }

    @Override
    public void close(Duration limit) {
      boolean interrupted = false;
      while (true) {
        try {
          if (!gone.await(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            kill("closed");
          }
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public List<String> evidence() {
      return List.of();
    }
  }
}
