package dev.pyvisor.internal;

import dev.pyvisor.Value;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Fields;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.ProtocolError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * What a cell has displayed, as far as there may be of it: user code can reach the kernel, so the
 * runner's own bound is not believed.
 *
 * <p>Guarded by this.
 */
final class Displays {
  private static final Logger LOG = LoggerFactory.getLogger(Displays.class);
  private static final String RULE = "LIF-21";

  private final List<Display> kept = new ArrayList<>();
  private int admitted;
  private long bytes;

  /** Whether there is room for it; from then on it is held. */
  synchronized boolean admits(Message message) {
    if (admitted >= Limits.DISPLAYS || bytes + message.payload() > Limits.DISPLAY_BYTES) {
      return false;
    }
    admitted++;
    bytes += message.payload();
    return true;
  }

  /** Keeps one that was admitted; empty where it is none. */
  synchronized Optional<Display> add(Message message) {
    Optional<Display> display = parse(message);
    display.ifPresent(kept::add);
    return display;
  }

  synchronized List<Display> kept() {
    return List.copyOf(kept);
  }

  private static Optional<Display> parse(Message message) {
    try {
      if (JsonRpc.parse(message.envelope()) instanceof Envelope.Notification said) {
        JsonNode data = new Fields(RULE, "cell.display", said.params()).raw("data");
        if (data != null) {
          return Optional.of(
              Display.of(Value.of(data.toString(), message.attachments(), "", "builtins.dict")));
        }
      }
    } catch (ProtocolError malformed) {
      LOG.warn("what cell {} displays is left out: {}", message.cell(), malformed.getMessage());
    }
    return Optional.empty();
  }
}
