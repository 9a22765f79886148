package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.CellListener;
import dev.pyvisor.Defaults;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Message;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Log records of the guest. */
@Timeout(20)
class PythonLogTest {
  @TempDir Path directory;

  @Test
  void control_characters_are_shown_as_escapes() {
    assertThat(PythonLog.escaped("a\nb\u001b[31m\tc\u0085d"))
        .isEqualTo("a\\u000ab\\u001b[31m\tc\\u0085d");
  }

  @Test
  void records_beyond_the_bound_are_counted_and_the_cell_goes_on() throws Exception {
    try (ScriptedPeer peer = new ScriptedPeer(directory)) {
      SessionCore session = peer.session(1);
      CountDownLatch entered = new CountDownLatch(1);
      CountDownLatch gate = new CountDownLatch(1);
      CellOperation cell =
          session.start(
              ScriptedPeer.cell(
                  new CellListener() {
                    @Override
                    public void onOutput(OutputChunk chunk) {
                      entered.countDown();
                      try {
                        gate.await();
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    }
                  }),
              peer.inCallTime());
      Message request = peer.nextMessage();
      peer.prints(1, "x");
      entered.await();
      for (int i = 0; i < Defaults.QUEUED_EVENTS + 3; i++) {
        log(peer, "{\"logger\":\"a b\",\"level\":\"DEBUG\",\"message\":\"m\"}");
      }
      assertThat(peer.link.counters().droppedLogRecords()).isEqualTo(3);
      gate.countDown();
      peer.completes(request, "x", "", 0);
      assertThat(cell.result.get(5, TimeUnit.SECONDS).outcome().ok()).isTrue();
      log(peer, "{\"logger\":5}");
      log(peer, "[]");
      CellOperation next = session.start(ScriptedPeer.cell(), peer.inCallTime());
      peer.completes(peer.nextMessage(), "", "", 0);
      assertThat(next.result.get(5, TimeUnit.SECONDS).outcome().ok()).isTrue();
      assertThat(peer.link.counters().ignoredNotifications()).isEqualTo(2);
    }
  }

  private static void log(ScriptedPeer peer, String params) {
    peer.says(
        FrameKind.RELAY,
        1,
        1,
        1,
        "{\"jsonrpc\":\"2.0\",\"method\":\"log\",\"params\":" + params + "}");
  }
}
