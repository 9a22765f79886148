package dev.pyvisor.sabotage;

import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.wire.Flag;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.ServiceLoader;

/** The pipe backend, but what comes from the runner passes through a fault. */
abstract class Tampering implements TransportProvider {
  private final String name;

  Tampering(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    return pipe().open(config, outbound, new Faulty(listener, this));
  }

  /** Passes on what the fault leaves of this frame of standard output. */
  abstract void tamper(Frame output, Passage passage);

  private static TransportProvider pipe() {
    return ServiceLoader.load(TransportProvider.class).stream()
        .map(ServiceLoader.Provider::get)
        .filter(provider -> provider.name().equals("pipe"))
        .findFirst()
        .orElseThrow();
  }

  /** Where a fault may put frames. */
  interface Passage {
    void now(Frame frame);

    /** After the next reply of the session. */
    void afterTheReply(Frame frame);
  }

  /** Drops every frame of output. */
  public static final class DropsOutput extends Tampering {
    public DropsOutput() {
      super("drops-output");
    }

    @Override
    void tamper(Frame output, Passage passage) {}
  }

  /** Delivers every frame of output twice. */
  public static final class RepeatsOutput extends Tampering {
    public RepeatsOutput() {
      super("repeats-output");
    }

    @Override
    void tamper(Frame output, Passage passage) {
      passage.now(output);
      passage.now(output);
    }
  }

  /** Changes one bit of every frame of output. */
  public static final class ChangesOutput extends Tampering {
    public ChangesOutput() {
      super("changes-output");
    }

    @Override
    void tamper(Frame output, Passage passage) {
      byte[] body = output.body().clone();
      body[0] ^= 1;
      passage.now(
          new Frame(
              output.kind(),
              output.flags(),
              output.channel(),
              output.session(),
              output.generation(),
              output.cell(),
              output.message(),
              body));
    }
  }

  /** Delivers output after the reply that should have followed it. */
  public static final class OutputAfterReply extends Tampering {
    public OutputAfterReply() {
      super("output-after-reply");
    }

    @Override
    void tamper(Frame output, Passage passage) {
      passage.afterTheReply(output);
    }
  }

  private static final class Faulty extends Listening implements Passage {
    private final Tampering fault;
    private final Deque<Frame> held = new ArrayDeque<>();

    Faulty(TransportListener listener, Tampering fault) {
      super(listener);
      this.fault = fault;
    }

    @Override
    public void onFrame(Frame frame) {
      if (frame.kind() == FrameKind.STDOUT) {
        fault.tamper(frame, this);
        return;
      }
      now(frame);
      if (frame.kind() == FrameKind.MESSAGE && frame.cell() != 0 && frame.has(Flag.LAST)) {
        while (!held.isEmpty()) {
          now(held.poll());
        }
      }
    }

    @Override
    public void now(Frame frame) {
      super.onFrame(frame);
    }

    @Override
    public void afterTheReply(Frame frame) {
      held.add(frame);
    }
  }
}
