package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The supervisor is killed at random moments of a mixed load. What is said of each cell must agree
 * with what the cell has really done: it writes its number into a file as its first act.
 */
@Needs(Capability.EVIDENCE)
@Heavy(why = "many deaths, each with the start of a runner")
public interface SuddenDeathContract extends RunnerContract {

  @Test
  @Rule({"H8", "C83", "SES-10", "SES-11"})
  @Limit(seconds = 300, why = "fifty deaths in the full count, each with the start of a runner")
  default void what_is_said_of_every_cell_agrees_with_what_it_has_done(@TempDir Path folder)
      throws IOException {
    Counts counts = Counts.of(5, 20, 50);
    long seed = System.nanoTime();
    Latencies recovery = new Latencies();
    Map<OutcomeKind, Integer> kinds = new EnumMap<>(OutcomeKind.class);
    try (SupervisorClient client =
        OpenClients.open(client().workspace(workspace(folder)).tool(DemoTools.adder()))) {
      Session other = client.openSession("other");
      MixedLoad load = new MixedLoad(folder.resolve("ran"), new Random(seed));
      for (int i = 0; i < counts.now(); i++) {
        load.start(List.of(client.session(), other), client);
        load.pauseAtRandom();
        Processes.kill(client.runner().pid());
        load.checkAll(kinds);

        long start = System.nanoTime();
        for (Session session : List.of(client.session(), other)) {
          Outcome next = session.execute("print((await add(20, 22))['total'])");
          assertThat(next.kind()).as("seed %d, death %d", seed, i).isEqualTo(OutcomeKind.COMPLETED);
          assertThat(next.stdoutText()).isEqualTo("42\n");
        }
        recovery.add(Duration.ofNanos(System.nanoTime() - start));
      }
      load.checkFile();
    }
    assertThat(kinds).as("seed %d", seed).containsKeys(OutcomeKind.NEVER_STARTED);
    Evidence.record(
        "a new supervisor and a cell in each of two sessions after a SIGKILL under load "
            + kinds
            + ", seed "
            + seed,
        List.of("H8", "C83"),
        recovery.summary(),
        counts);
  }

  /** Cells that leave a line in a file, among other calls, on several sessions at once. */
  final class MixedLoad {
    private static final int CELLS = 24;
    private static final int MOST_MICROS = 60_000;

    private final Path file;
    private final Random random;
    private final Map<Integer, CellRun> runs = new LinkedHashMap<>();
    private final Map<Integer, OutcomeKind> said = new LinkedHashMap<>();
    private final List<CompletableFuture<?>> others = new ArrayList<>();
    private final AtomicInteger settled = new AtomicInteger();
    private int next;

    MixedLoad(Path file, Random random) {
      this.file = file;
      this.random = random;
    }

    void start(List<Session> sessions, SupervisorClient client) {
      for (int i = 0; i < CELLS; i++) {
        Session session = sessions.get(random.nextInt(sessions.size()));
        int number = next++;
        CellRun run = session.start(Cell.of(code(number)));
        run.outcome().thenRun(settled::incrementAndGet);
        runs.put(number, run);
        if (i % 4 == 0) {
          others.add(session.getAsync("__name__"));
          others.add(client.requestAsync("status", "{}", Duration.ofSeconds(20)));
        }
      }
    }

    private String code(int number) {
      String line = "open('" + file + "', 'a').write('" + number + "\\n')\n";
      return line
          + switch (random.nextInt(4)) {
            case 0 -> "await add(1, 2)";
            case 1 -> "print('x' * 200_000)";
            case 2 -> "import time; time.sleep(0.002)";
            default -> "pass";
          };
    }

    void pauseAtRandom() {
      LockSupport.parkNanos(TimeUnit.MICROSECONDS.toNanos(random.nextInt(MOST_MICROS)));
    }

    /** Every call settles, and each once. */
    void checkAll(Map<OutcomeKind, Integer> kinds) {
      for (Map.Entry<Integer, CellRun> entry : runs.entrySet()) {
        Outcome outcome = entry.getValue().outcome().orTimeout(10, TimeUnit.SECONDS).join();
        said.put(entry.getKey(), outcome.kind());
        kinds.merge(outcome.kind(), 1, Integer::sum);
      }
      others.forEach(
          call -> call.handle((done, failure) -> null).orTimeout(10, TimeUnit.SECONDS).join());
      runs.clear();
      others.clear();
    }

    /** Nothing is running any more that could still write. */
    void checkFile() throws IOException {
      Map<Integer, Integer> lines = new LinkedHashMap<>();
      for (String line : Files.readAllLines(file)) {
        lines.merge(Integer.parseInt(line), 1, Integer::sum);
      }
      said.forEach(
          (number, kind) -> {
            int found = lines.getOrDefault(number, 0);
            switch (kind) {
              case COMPLETED -> assertThat(found).as("completed cell %d", number).isEqualTo(1);
              case NEVER_STARTED -> assertThat(found).as("never started %d", number).isZero();
              case UNKNOWN -> assertThat(found).as("unknown %d", number).isBetween(0, 1);
              default -> throw new AssertionError("cell " + number + " is said to be " + kind);
            }
          });
      assertThat(settled).hasValue(said.size());
    }
  }
}
