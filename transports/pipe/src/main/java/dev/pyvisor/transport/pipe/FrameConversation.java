package dev.pyvisor.transport.pipe;

import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.process.Conversation;
import dev.pyvisor.transport.process.LocalBackend;
import dev.pyvisor.wire.FrameReader;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames over the standard streams of a runner.
 *
 * <p>Thread-safe: the frame reader is the reader's; the rest is final or volatile.
 */
final class FrameConversation implements Conversation {
  private static final Logger LOG = LoggerFactory.getLogger(FrameConversation.class);

  private final String runnerId;
  private final LaunchPlan plan;
  private final FrameSource outbound;
  private final TransportListener listener;
  private final FrameReader frames = new FrameReader();
  private volatile boolean understood; // written by the reader

  FrameConversation(
      String runnerId, LaunchPlan plan, FrameSource outbound, TransportListener listener) {
    this.runnerId = runnerId;
    this.plan = plan;
    this.outbound = outbound;
    this.listener = listener;
  }

  @Override
  public void heard(ByteBuffer bytes) {
    frames.feed(
        bytes,
        frame -> {
          understood = true;
          listener.onFrame(frame);
        });
  }

  @Override
  public void ended() {
    try {
      frames.finish();
    } catch (ProtocolError error) {
      // A runner that was killed in the middle of a frame is dead first of all; its exit says so.
      LOG.debug("runner {}: {}", runnerId, error.getMessage());
    }
  }

  @Override
  public boolean take(ByteBuffer into) throws InterruptedException {
    return outbound.take(into);
  }

  @Override
  public String reason(int status) {
    return understood || status == 0
        ? "it ended"
        : LocalBackend.complaint(plan).orElse("it ended before it said HELLO");
  }
}
