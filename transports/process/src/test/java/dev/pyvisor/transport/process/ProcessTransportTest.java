package dev.pyvisor.transport.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.Trust;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.launch.Remains;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A start on a machine that is out of threads leaves nothing. */
@Timeout(60)
@ExtendWith(Census.class)
@DisplayNameGeneration(ReplaceUnderscores.class)
class ProcessTransportTest {
  private static final String ID = "poor";
  private static final String NO_THREAD = "unable to create native thread";

  @TempDir Path directory;
  private final AtomicReference<ProcessHandle> started = new AtomicReference<>();
  private final AtomicInteger removals = new AtomicInteger();
  private final AtomicInteger overs = new AtomicInteger();
  private final AtomicInteger ends = new AtomicInteger();
  private final CountDownLatch end = new CountDownLatch(1);

  /** Says nothing, until the listener has heard of the end. */
  private class Silent implements Conversation {
    @Override
    public void begin(ProcessTransport process) {
      started.set(ProcessHandle.of(process.pid()).orElseThrow());
    }

    @Override
    public void heard(ByteBuffer bytes) {}

    @Override
    public void ended() {}

    @Override
    public boolean take(ByteBuffer into) throws InterruptedException {
      end.await();
      return false;
    }

    @Override
    public void over() {
      overs.incrementAndGet();
    }

    @Override
    public String reason(int status) {
      return "it ended";
    }
  }

  @AfterEach
  void end_it() {
    started.get().destroyForcibly();
  }

  @Test
  void without_a_thread_for_its_errors_a_start_fails_and_its_process_ends() {
    assertLeavesNothing(new Silent(), threads(0));
  }

  @Test
  void without_a_reader_a_start_fails_and_its_process_ends() {
    assertLeavesNothing(new Silent(), threads(1));
  }

  @Test
  void without_a_writer_a_start_fails_and_its_process_ends() {
    assertLeavesNothing(new Silent(), threads(2));
  }

  @Test
  void without_anybody_who_watches_for_its_exit_a_start_fails_and_its_process_ends() {
    assertLeavesNothing(new Silent(), threads(3));
  }

  @Test
  void without_what_its_conversation_needs_a_start_fails_and_its_process_ends() {
    Silent poor =
        new Silent() {
          @Override
          public void begin(ProcessTransport process) {
            super.begin(process);
            throw new OutOfMemoryError(NO_THREAD);
          }
        };
    assertLeavesNothing(poor, Thread::new);
  }

  private void assertLeavesNothing(Conversation conversation, ThreadFactory threads) {
    assertThatThrownBy(
            () -> ProcessTransport.start(plan(), config(threads), conversation, listener()))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("/bin/sleep could not be started: " + NO_THREAD);
    assertThat(started.get().isAlive()).as("its process lives").isFalse();
    assertThat(removals).as("how often what it leaves was removed").hasValue(1);
    assertThat(overs).as("how often the conversation was told").hasValue(1);
    assertThat(ends).as("how often the listener was told").hasValue(1);
  }

  /** So many, and no more. */
  private static ThreadFactory threads(int most) {
    AtomicInteger made = new AtomicInteger();
    return work -> {
      if (made.getAndIncrement() == most) {
        throw new OutOfMemoryError(NO_THREAD);
      }
      return new Thread(work);
    };
  }

  private LaunchPlan plan() {
    return new LaunchPlan(
        List.of("/bin/sleep", "600"),
        Map.of(RunnerTag.NAME, ID),
        directory,
        new Remains(removals::incrementAndGet, Optional.empty()));
  }

  private TransportConfig config(ThreadFactory threads) {
    return new TransportConfig(
        ID,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        directory,
        Duration.ofSeconds(30),
        Trust.STATED,
        Sandbox.UNCHOSEN,
        new ThreadRoster(ID, threads),
        Map.of());
  }

  private TransportListener listener() {
    return new TransportListener() {
      @Override
      public void onFrame(Frame frame) {}

      @Override
      public void onViolation(ProtocolError error) {}

      @Override
      public void onClosed(ExitReport report) {
        ends.incrementAndGet();
        end.countDown();
      }
    };
  }
}
