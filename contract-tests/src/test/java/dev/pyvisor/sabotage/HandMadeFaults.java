package dev.pyvisor.sabotage;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.Limits;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/** Faults in the way a process is talked to: each is a hand-made backend with one part replaced. */
final class HandMadeFaults {
  private HandMadeFaults() {}

  /** How one is made. */
  private interface Maker {
    HandMade make(TransportConfig config, FrameSource outbound, TransportListener listener);
  }

  private abstract static class Provider implements TransportProvider {
    private final String name;
    private final Maker maker;

    Provider(String name, Maker maker) {
      this.name = name;
      this.maker = maker;
    }

    @Override
    public final String name() {
      return name;
    }

    @Override
    public final Transport open(
        TransportConfig config, FrameSource outbound, TransportListener listener) {
      return maker.make(config, outbound, listener).start();
    }
  }

  /** Without a fault: what fails a mutant must not be what it was made of. */
  public static final class None extends Provider {
    public None() {
      super("hand-made", HandMade::new);
    }
  }

  /** Tells the exit of the process as soon as it is seen, although output is still to come. */
  public static final class ExitBeforeOutput extends Provider {
    public ExitBeforeOutput() {
      super("exit-before-output", Early::new);
    }

    private static final class Early extends HandMade {
      private static final Duration MOMENT = Duration.ofSeconds(1);
      private boolean waited; // the reader's

      Early(TransportConfig config, FrameSource outbound, TransportListener listener) {
        super(config, outbound, once(listener));
      }

      /** A process that is about to exit has done so before its first output is handed over. */
      @Override
      void hear(Frame frame) {
        if (frame.kind() == FrameKind.STDOUT && !waited) {
          waited = true;
          if (exits()) {
            int status = process.exitValue();
            listener.onClosed(new ExitReport("it ended", OptionalInt.of(status), ""));
          }
        }
        super.hear(frame);
      }

      private boolean exits() {
        try {
          return process.waitFor(MOMENT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return false;
        }
      }

      private static TransportListener once(TransportListener listener) {
        return new Listening(listener) {
          private boolean told; // guarded by this

          @Override
          public synchronized void onClosed(ExitReport report) {
            if (!told) {
              told = true;
              super.onClosed(report);
            }
          }
        };
      }
    }
  }

  /** One thread does both, and a write that blocks keeps it from reading. */
  public static final class WritesInlineFromItsReader extends Provider {
    public WritesInlineFromItsReader() {
      super("writes-inline-from-its-reader", Inline::new);
    }

    private static final class Inline extends HandMade {
      private final BlockingQueue<byte[]> answers = new LinkedBlockingQueue<>();

      Inline(TransportConfig config, FrameSource outbound, TransportListener listener) {
        super(config, outbound, listener);
      }

      @Override
      void read(InputStream in) throws IOException, InterruptedException {
        FrameReader frames = new FrameReader();
        byte[] buffer = new byte[Limits.FRAME];
        OutputStream out = process.getOutputStream();
        while (process.isAlive() || in.available() > 0) {
          byte[] answer = answers.peek();
          if (answer != null) {
            out.write(answer);
            out.flush();
            answers.remove(); // only now: who sees none left closes the stream
          } else if (in.available() > 0) {
            feed(frames, buffer, in.read(buffer));
          } else {
            LockSupport.parkNanos(200_000);
          }
        }
      }

      /** Leaves the writing to the reader, but for the end of the stream. */
      @Override
      void write(OutputStream out) throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
        while (outbound.take(buffer)) {
          byte[] answer = new byte[buffer.position()];
          buffer.flip().get(answer);
          answers.add(answer);
          buffer.clear();
        }
        while (!answers.isEmpty() && process.isAlive()) {
          LockSupport.parkNanos(200_000);
        }
      }
    }
  }

  /** Asks the descriptor whether there is something, but has read ahead into a buffer. */
  public static final class PollsButReadsAhead extends Provider {
    public PollsButReadsAhead() {
      super("polls-but-reads-ahead", Polling::new);
    }

    private static final class Polling extends HandMade {
      private static final int AHEAD = 8192;

      Polling(TransportConfig config, FrameSource outbound, TransportListener listener) {
        super(config, outbound, listener);
      }

      @Override
      void read(InputStream in) throws IOException {
        FrameReader frames = new FrameReader();
        BufferedInputStream ahead = new BufferedInputStream(in, AHEAD);
        while (process.isAlive() || in.available() > 0) {
          if (in.available() == 0) {
            LockSupport.parkNanos(1_000_000);
            continue;
          }
          byte[] length = ahead.readNBytes(Integer.BYTES);
          if (length.length == Integer.BYTES) {
            byte[] rest = ahead.readNBytes(ByteBuffer.wrap(length).getInt());
            frames.feed(ByteBuffer.wrap(length), this::hear);
            frames.feed(ByteBuffer.wrap(rest), this::hear);
          }
        }
      }
    }
  }

  /** Lets standard error fill up. */
  public static final class NeverDrainsStderr extends Provider {
    public NeverDrainsStderr() {
      super("never-drains-stderr", Deaf::new);
    }

    private static final class Deaf extends HandMade {
      Deaf(TransportConfig config, FrameSource outbound, TransportListener listener) {
        super(config, outbound, listener);
      }

      @Override
      void drain(InputStream in) {
        process.onExit().join();
      }
    }
  }

  /** A write is finished before anything else may happen: a read, a kill, the end of a deadline. */
  public static final class WritesBeforeItReads extends Provider {
    public WritesBeforeItReads() {
      super("writes-before-it-reads", Stubborn::new);
    }

    private static final class Stubborn extends HandMade {
      private final ReentrantLock turn = new ReentrantLock();

      Stubborn(TransportConfig config, FrameSource outbound, TransportListener listener) {
        super(config, outbound, listener);
      }

      @Override
      void feed(FrameReader frames, byte[] buffer, int count) throws InterruptedException {
        turn.lock();
        turn.unlock();
        super.feed(frames, buffer, count);
      }

      @Override
      void write(OutputStream out) throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocate(2 * Limits.FRAME);
        while (outbound.take(buffer)) {
          turn.lock();
          try {
            out.write(buffer.array(), 0, buffer.position());
            out.flush();
          } finally {
            turn.unlock();
          }
          buffer.clear();
        }
      }

      @Override
      public void kill(String why) {
        turn.lock();
        turn.unlock();
        super.kill(why);
      }
    }
  }
}
