package dev.pyvisor.sabotage;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.ServiceLoader;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Faults in what a transport tells: the pipe backend, with a listener between it and the client.
 */
final class FrameFaults {
  /** Late enough that no connection of a few cells comes so far, early enough for a burst. */
  private static final int FAR = 150;

  private FrameFaults() {}

  private abstract static class Provider implements TransportProvider {
    private final String name;

    Provider(String name) {
      this.name = name;
    }

    @Override
    public final String name() {
      return name;
    }

    @Override
    public Transport open(
        TransportConfig config, FrameSource outbound, TransportListener listener) {
      return pipe().open(config, outbound, between(listener));
    }

    abstract TransportListener between(TransportListener listener);

    static TransportProvider pipe() {
      return ServiceLoader.load(TransportProvider.class).stream()
          .map(ServiceLoader.Provider::get)
          .filter(provider -> provider.name().equals("pipe"))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Drops one frame of a long connection. */
  public static final class DropsAFrame extends Provider {
    public DropsAFrame() {
      super("drops-a-frame");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        private int count;

        @Override
        public void onFrame(Frame frame) {
          if (++count != FAR) {
            super.onFrame(frame);
          }
        }
      };
    }
  }

  /** Delivers one frame of a long connection after the one that followed it. */
  public static final class Reorders extends Provider {
    public Reorders() {
      super("reorders");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        private int count;
        private Frame held = Frame.ping(new byte[0]);

        @Override
        public void onFrame(Frame frame) {
          count++;
          if (count == FAR) {
            held = frame;
            return;
          }
          super.onFrame(frame);
          if (count == FAR + 1) {
            super.onFrame(held);
          }
        }
      };
    }
  }

  /** Delivers a large frame in two halves, each with the header of the whole. */
  public static final class Splits extends Provider {
    private static final int LARGE = 60_000;

    public Splits() {
      super("splits");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        @Override
        public void onFrame(Frame frame) {
          int size = frame.body().length;
          if (size < LARGE) {
            super.onFrame(frame);
            return;
          }
          super.onFrame(with(frame, Arrays.copyOf(frame.body(), size / 2)));
          super.onFrame(with(frame, Arrays.copyOfRange(frame.body(), size / 2, size)));
        }
      };
    }
  }

  /** Loses the last byte of what does not fit one page. */
  public static final class LosesTheLastByte extends Provider {
    private static final int PAGE = 4096;

    public LosesTheLastByte() {
      super("loses-the-last-byte");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        @Override
        public void onFrame(Frame frame) {
          int size = frame.body().length;
          super.onFrame(
              frame.kind() == FrameKind.STDOUT && size > PAGE
                  ? with(frame, Arrays.copyOf(frame.body(), size - 1))
                  : frame);
        }
      };
    }
  }

  /** Tells the end of a kernel long after it was told to. */
  public static final class AnswersLate extends Provider {
    private static final Duration LATE = Duration.ofMillis(2_500);

    public AnswersLate() {
      super("answers-late");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        @Override
        public void onFrame(Frame frame) {
          if (frame.cell() != 0 && isReply(frame) && text(frame).contains("\"crashed\"")) {
            LockSupport.parkNanos(LATE.toNanos());
          }
          super.onFrame(frame);
        }
      };
    }
  }

  /** Delivers each reply a second time. */
  public static final class AnswersTwice extends Provider {
    public AnswersTwice() {
      super("answers-twice");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        @Override
        public void onFrame(Frame frame) {
          super.onFrame(frame);
          if (isReply(frame)) {
            super.onFrame(frame);
          }
        }
      };
    }
  }

  /** Tells the end twice. */
  public static final class ClosesTwice extends Provider {
    public ClosesTwice() {
      super("closes-twice");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        @Override
        public void onClosed(ExitReport report) {
          super.onClosed(report);
          super.onClosed(report);
        }
      };
    }
  }

  /** Never tells the end. */
  public static final class ClosesNever extends Provider {
    public ClosesNever() {
      super("closes-never");
    }

    @Override
    TransportListener between(TransportListener listener) {
      return new Listening(listener) {
        @Override
        public void onClosed(ExitReport report) {}
      };
    }
  }

  /** Reads on only when the call that it has read is answered: one call at a time. */
  public static final class BlocksItsReader extends Provider {
    private static final Duration LONGEST = Duration.ofSeconds(30);

    public BlocksItsReader() {
      super("blocks-its-reader");
    }

    @Override
    public Transport open(
        TransportConfig config, FrameSource outbound, TransportListener listener) {
      Semaphore answers = new Semaphore(0);
      FrameSource watched =
          into -> {
            int start = into.position();
            boolean more = outbound.take(into);
            answers.release(relays(into, start));
            return more;
          };
      Listening blocking =
          new Listening(listener) {
            @Override
            public void onFrame(Frame frame) {
              super.onFrame(frame);
              if (frame.kind() == FrameKind.RELAY && frame.has(Flag.LAST)) {
                awaitAnswer(answers);
              }
            }

            @Override
            public void onClosed(ExitReport report) {
              answers.release(Short.MAX_VALUE);
              super.onClosed(report);
            }
          };
      return pipe().open(config, watched, blocking);
    }

    @Override
    TransportListener between(TransportListener listener) {
      return listener;
    }

    private static void awaitAnswer(Semaphore answers) {
      try {
        answers.tryAcquire(LONGEST.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** How many messages to a kernel end among the frames from there on. */
    private static int relays(ByteBuffer frames, int start) {
      int relays = 0;
      for (int at = start; at < frames.position(); at += Integer.BYTES + frames.getInt(at)) {
        if (frames.get(at + 4) == FrameKind.RELAY.number() && Flag.LAST.in(frames.get(at + 5))) {
          relays++;
        }
      }
      return relays;
    }
  }

  private static boolean isReply(Frame frame) {
    return frame.kind() == FrameKind.MESSAGE
        && frame.has(Flag.FIRST)
        && frame.has(Flag.LAST)
        && text(frame).contains("\"result\"");
  }

  private static String text(Frame frame) {
    return new String(frame.body(), StandardCharsets.UTF_8);
  }

  private static Frame with(Frame frame, byte[] body) {
    return new Frame(
        frame.kind(),
        frame.flags(),
        frame.channel(),
        frame.session(),
        frame.generation(),
        frame.cell(),
        frame.message(),
        body);
  }
}
