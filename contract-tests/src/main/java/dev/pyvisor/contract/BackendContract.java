package dev.pyvisor.contract;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Alone;
import dev.pyvisor.contract.backend.Applicability;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.backend.Rows;
import dev.pyvisor.contract.backend.RunsFrom;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.BusyLoops;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Wrappers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassTemplate;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * All contracts, for one backend. A backend joins with a class that says no more than this:
 *
 * <pre>{@code
 * @Backend(MyBackend.class)
 * class MyBackendTest extends BackendContract {}
 * }</pre>
 *
 * <p>JUnit runs every contract once for each interpreter; what the backend is not capable of is
 * skipped with the reason.
 */
@ClassTemplate
@ExtendWith({Rows.class, Applicability.class, Figures.class})
public abstract class BackendContract implements Rows.Suite {
  private @Nullable Row row;

  @Override
  public final void enter(Row entered) {
    row = entered;
  }

  /** One contract of the row. */
  abstract class Part implements RunnerContract {
    @Override
    public final SupervisorClient.Builder client() {
      return row().backend().client(python());
    }

    @Override
    public final Path workspace(Path folder) throws IOException {
      return row().backend().workspace(folder);
    }

    public final Row row() {
      return Objects.requireNonNull(row, "a suite runs once for each row, and this is none");
    }

    /** The row's interpreter, or one that is it in the end. */
    Path python() {
      return row().python();
    }
  }

  @Nested
  class ThePath extends Part implements PathContract {}

  @Nested
  class Transports extends Part implements TransportContract {}

  @Nested
  class Execution extends Part implements ExecutionContract {}

  @Nested
  class Output extends Part implements OutputContract {}

  @Nested
  class Values extends Part implements ValueContract {}

  @Nested
  class Errors extends Part implements ErrorContract {}

  @Nested
  class Tools extends Part implements ToolContract {}

  @Nested
  class ToolFailures extends Part implements ToolFailureContract {}

  @Nested
  class ToolContext extends Part implements ToolContextContract {}

  @Nested
  class ToolDeadlines extends Part implements ToolDeadlineContract {}

  @Nested
  class ToolBudgets extends Part implements ToolBudgetContract {}

  @Nested
  class Futures extends Part implements FutureContract {}

  @Nested
  class Submissions extends Part implements SubmitContract {}

  @Nested
  class Displays extends Part implements DisplayContract {}

  @Nested
  class ConcurrentTools extends Part implements ConcurrentToolContract {}

  @Nested
  class Deadlines extends Part implements DeadlineContract {}

  @Nested
  class Interrupts extends Part implements InterruptContract {}

  @Nested
  class KernelDeaths extends Part implements DeathContract {}

  @Nested
  class SuddenDeaths extends Part implements SuddenDeathContract {}

  @Nested
  class Kills extends Part implements KillContract {}

  @Nested
  class Restarts extends Part implements RestartContract {}

  @Nested
  class Draining extends Part implements DrainContract {}

  @Nested
  class StreamBeforeTerminal extends Part implements StreamBeforeTerminalContract {}

  @Nested
  class Grandchildren extends Part implements GrandchildContract {}

  @Nested
  class Limits extends Part implements LimitContract {}

  @Nested
  class Services extends Part implements ServiceContract {}

  @Nested
  class Sizes extends Part implements SizeContract {}

  @Nested
  class States extends Part implements StateContract {}

  @Nested
  class Checkpoints extends Part implements CheckpointContract {}

  @Nested
  class Snapshots extends Part implements SnapshotContract {}

  @Nested
  class AwkwardGlobals extends Part implements GlobalsContract {}

  @Nested
  class Workspaces extends Part implements WorkspaceContract {}

  @Nested
  class Closing extends Part implements ClosingContract {}

  @Nested
  class WorkspaceFiles extends Part implements FileContract {}

  @Nested
  class FileRefusals extends Part implements FileRefusalContract {}

  @Nested
  class FileConflicts extends Part implements FileConflictContract {}

  @Nested
  class SyncedFiles extends Part implements SyncedFileContract {}

  @Nested
  class SyncedRefusals extends Part implements SyncedRefusalContract {}

  @Nested
  class Branches extends Part implements BranchContract {}

  @Nested
  class Sessions extends Part implements SessionsContract {}

  @Nested
  class Pools extends Part implements PoolContract {}

  @Nested
  class PoolFailures extends Part implements PoolFailureContract {}

  @Nested
  @Alone
  @Heavy(why = "thousands of tool calls, whose pace is that of host and supervisor")
  class Pace extends Part implements PaceContract {}

  @Nested
  class Hostile extends Part implements HostileContract {}

  @Nested
  class Privacy extends Part implements PrivacyContract {}

  @Nested
  class Diagnostics extends Part implements DiagnosticsContract {}

  @Nested
  class HangReports extends Part implements EvidenceContract {}

  /** Stubs in the runner's place, under three conditions. */
  @Nested
  class Peers {
    @Nested
    class Idle extends Part implements PeerContract {}

    @Nested
    class IdleAndDying extends Part implements PeerDeathContract {}

    @Nested
    @Heavy(why = "pipes of one page only slow down what the wide ones show")
    @RunsFrom(
        tier = Tier.WIDE,
        why = "large messages go through pipes of one page, on a busy machine")
    class WithTinyPipes extends TinyPipes implements PeerContract {}

    @Nested
    @Heavy(why = "pipes of one page only slow down what the wide ones show")
    @RunsFrom(
        tier = Tier.WIDE,
        why = "large messages go through pipes of one page, on a busy machine")
    class WithTinyPipesAndDying extends TinyPipes implements PeerDeathContract {}

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @RunsFrom(
        tier = Tier.WIDE,
        why = "of what the channel carries, large messages do so beside busy loops")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Busy extends OnABusyMachine implements PeerContract {}

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @RunsFrom(tier = Tier.WIDE, why = "runners die beside nobody, and live beside busy loops")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class BusyAndDying extends OnABusyMachine implements PeerDeathContract {}
  }

  /**
   * How cells and kernels end, with capture pipes of one page, which every backend has the same,
   * and on a busy machine.
   */
  @Nested
  class UnderStrain {
    @Nested
    @Heavy(why = "how large a pipe is shows the same with every Python")
    class OfOnePage extends TinyPipes implements TinyPipesContract {}

    @Nested
    @Needs(Capability.PAYLOAD)
    @Heavy(why = "pipes of one page only slow down what the wide ones show")
    class TinyStreamBeforeTerminal extends TinyPipes implements StreamBeforeTerminalContract {
      @Override
      public Counts cells() {
        return Counts.of(20, 1000, 5000);
      }
    }

    @Nested
    @Needs(Capability.PAYLOAD)
    @Heavy(why = "pipes of one page only slow down what the wide ones show")
    @RunsFrom(tier = Tier.WIDE, why = "a process that holds a pipe does so whatever its size")
    class TinyGrandchildren extends TinyPipes implements GrandchildContract {}

    @Nested
    @Needs(Capability.PAYLOAD)
    @Heavy(why = "pipes of one page only slow down what the wide ones show")
    @RunsFrom(tier = Tier.WIDE, why = "last words are shorter than a page")
    class TinyKernelDeaths extends TinyPipes implements DeathContract {}

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @RunsFrom(tier = Tier.WIDE, why = "what a cell writes is whole while the machine is idle")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class BusyStreamBeforeTerminal extends OnABusyMachine implements StreamBeforeTerminalContract {}

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @RunsFrom(tier = Tier.WIDE, why = "nobody waits for who holds a pipe while the machine is idle")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class BusyGrandchildren extends OnABusyMachine implements GrandchildContract {}

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @RunsFrom(tier = Tier.WIDE, why = "kernels die beside nobody, and live beside busy loops")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class BusyKernelDeaths extends OnABusyMachine implements DeathContract {}
  }

  /** The large messages under four conditions: pipes of two sizes, an idle and a busy machine. */
  @Nested
  class LargeMessages {
    @TempDir static Path folder;

    @Nested
    class Idle extends Part implements LargeMessageContract {
      @Override
      public String condition() {
        return "idle, 64 KiB pipes";
      }
    }

    @Nested
    @Heavy(why = "pipes of one page only slow down what the wide ones show")
    @RunsFrom(tier = Tier.WIDE, why = "pipes of one page on a busy machine are harder on it")
    class IdleWithTinyPipes extends TinyPipes implements LargeMessageContract {
      @Override
      public String condition() {
        return "idle, 4 KiB pipes";
      }
    }

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @RunsFrom(tier = Tier.WIDE, why = "pipes of one page on a busy machine are harder on it")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class Busy extends OnABusyMachine implements LargeMessageContract {
      @Override
      public String condition() {
        return loops() + " busy loops, 64 KiB pipes";
      }
    }

    @Nested
    @Alone
    @Heavy(why = "a busy machine delays every other test")
    @OneBackend(
        why = "the others are shown to carry large messages while the machine is idle",
        inEveryDialect = true)
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class BusyWithTinyPipes extends OnABusyMachine implements LargeMessageContract {
      @Override
      Path python() {
        return Wrappers.tinyPipes(folder, super.python());
      }

      @Override
      public String condition() {
        return loops() + " busy loops, 4 KiB pipes";
      }
    }
  }

  /** One page a pipe, from the host to what a cell prints. */
  abstract class TinyPipes extends Part {
    @TempDir static Path folder;

    @Override
    Path python() {
      return Wrappers.tinyPipes(folder, super.python());
    }

    @Override
    public String under() {
      return ", 4 KiB pipes";
    }
  }

  /** Every core is busy from before the first test until after the last. */
  @Limit(
      seconds = 120,
      why = "a JVM's first test took 4 s beside these loops, 25 s where four JVMs had theirs")
  private abstract class OnABusyMachine extends Part {
    private static final Duration LIFE = Duration.ofHours(8);
    private @Nullable BusyLoops busy;

    int loops() {
      return Objects.requireNonNull(busy).count();
    }

    @Override
    public String under() {
      return ", " + loops() + " busy loops";
    }

    /** What contracts ask that allow more time then. */
    public boolean besideBusyLoops() {
      return true;
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
