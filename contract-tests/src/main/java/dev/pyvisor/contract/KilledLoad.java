package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.Value;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateSource;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** One session under load, and what is known of it from outside. */
final class KilledLoad {
  private static final int CELLS = 6;

  /** Longer than the load of one round takes on an idle machine. */
  private static final long LATEST_NANOS = 60_000_000;

  /** What a cell does: each mark in the file is one write, which nothing can cut in two. */
  private static final String CODE =
      """
      import os
      file = os.open(%2$s, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
      os.write(file, b'begin %1$d\\n')
      done = globals().get('done', [])
      print('x' * %3$d)
      assert (await note(%1$d)) == %1$d
      done.append(%1$d)
      os.write(file, b'end %1$d\\n')
      os.close(file)
      """;

  final BlockingQueue<GenerationChange> changes = new LinkedBlockingQueue<>();
  final Latencies takeovers = new Latencies();
  final Map<OutcomeKind, Integer> fates = new EnumMap<>(OutcomeKind.class);
  final Map<StateSource, Integer> sources = new EnumMap<>(StateSource.class);
  final Set<String> losses = new TreeSet<>();
  private final Queue<Integer> noted = new ConcurrentLinkedQueue<>();
  final SupervisorClient client;
  private final Session session;
  private final Path marks;
  private final Random random;
  private List<Integer> done = new ArrayList<>();
  private int cells;

  KilledLoad(SupervisorClient.Builder builder, Path marks, Random random) {
    client = OpenClients.open(builder.tool(note()));
    session = client.session();
    session.execute("done = []");
    session.onGeneration(changes::add);
    this.marks = marks;
    this.random = random;
  }

  private Tool note() {
    return Tool.of(
        "note",
        (given, call) -> {
          int number = ((Long) given.positional().get(0)).intValue();
          noted.add(number);
          LockSupport.parkNanos(1_000_000);
          return number;
        });
  }

  void round() throws Exception {
    long kernel = Kept.kernels(client).get(0);
    int first = cells;
    List<CellRun> runs = new ArrayList<>();
    List<CompletableFuture<Value>> gets = new ArrayList<>();
    for (int i = 0; i < CELLS; i++) {
      String path = "'" + marks + "'";
      runs.add(session.start(Cell.of(CODE.formatted(cells++, path, random.nextInt(20_000)))));
      gets.add(session.getAsync("file"));
    }
    LockSupport.parkNanos(Math.abs(random.nextLong()) % LATEST_NANOS);
    long start = System.nanoTime();
    ProcessHandle.of(kernel).orElseThrow().destroyForcibly();

    GenerationChange change = changes.poll(20, TimeUnit.SECONDS);
    assertThat(change).as("the change of generation after a kill").isNotNull();
    takeovers.add(Duration.ofNanos(System.nanoTime() - start));
    assertThat(change.reason()).isEqualTo("crashed");
    sources.merge(change.state().source(), 1, Integer::sum);
    List<Outcome> outcomes = new ArrayList<>();
    for (CellRun run : runs) {
      outcomes.add(run.await());
    }
    for (CompletableFuture<Value> get : gets) {
      get.handle((value, failure) -> null).get(20, TimeUnit.SECONDS);
    }
    check(first, outcomes, change);
    Outcome next = session.execute(Cell.of("print('next')\ndone").withValue());
    assertThat(next.stdoutText()).as(next.toString()).isEqualTo("next\n");
    assertThat(next.generation()).isEqualTo(change.generation());
    checkState(outcomes, change, numbers(next.value().orElseThrow().asJava()));
  }

  private void check(int first, List<Outcome> outcomes, GenerationChange change)
      throws IOException {
    List<String> lines = Files.exists(marks) ? Files.readAllLines(marks) : List.of();
    for (int i = 0; i < outcomes.size(); i++) {
      Outcome outcome = outcomes.get(i);
      int cell = first + i;
      int begun = Collections.frequency(lines, "begin " + cell);
      int ended = Collections.frequency(lines, "end " + cell);
      int calls = Collections.frequency(noted, cell);
      String what = outcome + ": begun " + begun + ", ended " + ended + ", called " + calls;
      fates.merge(outcome.kind(), 1, Integer::sum);
      switch (outcome.kind()) {
        case COMPLETED -> {
          assertThat(List.of(begun, ended, calls, outcome.toolCalls())).as(what).containsOnly(1);
        }
        case CRASHED -> {
          assertThat(begun).as(what).isLessThanOrEqualTo(1);
          assertThat(calls).as(what).isLessThanOrEqualTo(begun);
          assertThat(ended).as(what).isLessThanOrEqualTo(calls);
          assertThat(outcome.generation()).as(what).isEqualTo(change.generation() - 1);
          assertThat(outcome.state()).as(what).isEqualTo(change.state());
        }
        case NEVER_STARTED -> assertThat(List.of(begun, ended, calls)).as(what).containsOnly(0);
        default -> throw new AssertionError(what);
      }
    }
  }

  /** The state is what the report says: all that completed, or as much as it says is not lost. */
  private void checkState(List<Outcome> outcomes, GenerationChange change, List<Integer> found) {
    List<Integer> before = new ArrayList<>(done);
    List<Integer> after = new ArrayList<>();
    for (int i = 0; i < outcomes.size(); i++) {
      if (outcomes.get(i).kind() == OutcomeKind.COMPLETED) {
        boolean old = outcomes.get(i).generation() < change.generation();
        (old ? before : after).add(cells - CELLS + i);
      }
    }
    int kept = found.size() - after.size();
    assertThat(kept).as("%s of %s, %s", found, before, change).isBetween(0, before.size());
    if (change.state().preserved()) {
      assertThat(kept).as("%s of %s, %s", found, before, change).isEqualTo(before.size());
    } else {
      losses.add(change.state().text());
    }
    List<Integer> expected = new ArrayList<>(before.subList(0, kept));
    expected.addAll(after);
    assertThat(found).as(change.toString()).isEqualTo(expected);
    done = found;
  }

  private static List<Integer> numbers(Object list) {
    return ((List<?>) list).stream().map(number -> ((Long) number).intValue()).toList();
  }
}
