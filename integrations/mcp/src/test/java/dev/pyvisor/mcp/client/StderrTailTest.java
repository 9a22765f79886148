package dev.pyvisor.mcp.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The last words of a server may be read after its end is known. */
@Timeout(30)
class StderrTailTest {
  private final StderrTail tail = new StderrTail();

  /** Standard error with these words, of which nothing is there until {@code ready}. */
  private static InputStream late(String words, Runnable ready) {
    InputStream all = new ByteArrayInputStream(words.getBytes(StandardCharsets.UTF_8));
    return new InputStream() {
      @Override
      public int read() throws IOException {
        ready.run();
        return all.read();
      }

      @Override
      public int read(byte[] block, int offset, int length) throws IOException {
        ready.run();
        return all.read(block, offset, length);
      }
    };
  }

  @Test
  void what_is_still_on_its_way_is_waited_for() throws Exception {
    Thread asking = Thread.currentThread();
    InputStream stderr =
        late(
            "out of beans\n",
            () -> Awaitility.await().until(() -> asking.getState() == Thread.State.TIMED_WAITING));
    Thread reader = new Thread(() -> tail.drain(stderr), "reader");
    reader.start();
    assertThat(tail.lastWords(Duration.ofSeconds(20))).isEqualTo("out of beans");
    reader.join();
  }

  @Test
  void one_that_stays_open_is_waited_for_no_longer_than_the_limit() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    Thread reader =
        new Thread(
            () ->
                tail.drain(
                    late(
                        "",
                        () -> {
                          try {
                            never.await();
                          } catch (InterruptedException stopped) {
                            Thread.currentThread().interrupt();
                          }
                        })),
            "reader");
    reader.start();
    assertThat(tail.lastWords(Duration.ofMillis(50))).isEmpty();
    assertThat(reader.isAlive()).isTrue();
    never.countDown();
    reader.join();
  }
}
