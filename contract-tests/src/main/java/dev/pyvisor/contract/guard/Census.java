package dev.pyvisor.contract.guard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test that leaves a thread, process, descriptor or temporary file behind. What closing
 * ends only a moment later (the exit of a killed process, say) has a short while to go.
 *
 * <p>Thread-safe: no state of its own.
 */
public final class Census implements BeforeEachCallback, AfterEachCallback {
  private static final Namespace HERE = Namespace.create(Census.class);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(5);

  @Override
  public void beforeEach(ExtensionContext context) {
    Warm.up();
    context.getStore(HERE).put("before", Footprint.now());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    Footprint before = context.getStore(HERE).get("before", Footprint.class);
    try {
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(BETWEEN_LOOKS)
          .atMost(PATIENCE)
          .pollInSameThread()
          .until(() -> Footprint.now().beyond(before).isEmpty());
    } catch (ConditionTimeoutException e) {
      Set<String> left = Footprint.now().beyond(before);
      if (!left.isEmpty()) {
        throw new AssertionError(
            "left behind " + PATIENCE.toSeconds() + " s after the test:\n" + explain(left), e);
      }
    }
  }

  /**
   * What the JDK makes at the first use of a kind of thing, and keeps for the life of the JVM: it
   * is there before anything is counted.
   *
   * <p>Immutable.
   */
  private static final class Warm {
    static {
      InetAddress here = InetAddress.getLoopbackAddress();
      try (ServerSocket listening = new ServerSocket(0, 1, here)) {
        new Socket(here, listening.getLocalPort()).close();
        listening.accept().close();
        Selector.open().close();
        Pipe pipe = Pipe.open();
        pipe.source().close();
        pipe.sink().close();
      } catch (IOException problem) {
        throw new UncheckedIOException("loopback cannot be used", problem);
      }
    }

    private Warm() {}

    /** The work is done with the first call. */
    static void up() {}
  }

  private static String explain(Set<String> left) {
    StringBuilder text = new StringBuilder();
    for (String line : left) {
      text.append("  ").append(line);
      if (line.startsWith("process ")) {
        text.append(": ")
            .append(ProcFs.describe(Long.parseLong(line.substring("process ".length()))));
      }
      text.append('\n');
    }
    return text.toString();
  }
}
