package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.LargeMessageContract;
import dev.pyvisor.contract.load.BusyLoops;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Wrappers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The large messages under all four conditions: pipes of two sizes, an idle and a busy machine. */
class PipeLargeMessageTest {
  @TempDir static Path folder;

  private static Path tinyPipes() {
    return Wrappers.tinyPipes(folder, Interpreters.standard());
  }

  @Nested
  class Idle implements LargeMessageContract {
    @Override
    public SupervisorClient.Builder client() {
      return Pipe.client();
    }

    @Override
    public String condition() {
      return "idle, 64 KiB pipes";
    }
  }

  @Nested
  class Idle_with_tiny_pipes implements LargeMessageContract {
    @Override
    public SupervisorClient.Builder client() {
      return Pipe.client(tinyPipes());
    }

    @Override
    public String condition() {
      return "idle, 4 KiB pipes";
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class Busy extends OnABusyMachine implements LargeMessageContract {
    @Override
    public SupervisorClient.Builder client() {
      return Pipe.client();
    }

    @Override
    public String condition() {
      return loops() + " busy loops, 64 KiB pipes";
    }
  }

  @Nested
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class Busy_with_tiny_pipes extends OnABusyMachine implements LargeMessageContract {
    @Override
    public SupervisorClient.Builder client() {
      return Pipe.client(tinyPipes());
    }

    @Override
    public String condition() {
      return loops() + " busy loops, 4 KiB pipes";
    }
  }

  /** Every core is busy from before the first test until after the last. */
  private abstract static class OnABusyMachine {
    private static final Duration LIFE = Duration.ofHours(8);
    private @Nullable BusyLoops busy;

    int loops() {
      return Objects.requireNonNull(busy).count();
    }

    @BeforeAll
    void makeBusy() {
      busy = BusyLoops.start(Interpreters.standard(), LIFE);
    }

    @AfterAll
    void calmDown() {
      Objects.requireNonNull(busy).close();
    }
  }
}
