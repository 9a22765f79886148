package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Heavy;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Globals that have made other systems of this kind hang, or lose a session: here they are kept.
 */
@OneBackend
@Needs(Capability.CHECKPOINTS)
public interface GlobalsContract extends RunnerContract {
  int MEGABYTES_NOW = 100;
  int MEGABYTES_FULL = 1000;

  /** Name to the cell that makes them and the cell that shows them; that prints {@code True}. */
  static Map<String, List<String>> awkward() {
    Map<String, List<String>> cells = new LinkedHashMap<>();
    cells.put(
        "IntEnum",
        List.of(
            "import enum\nclass Color(enum.IntEnum):\n    RED = 1\n    BLUE = 2\ncolors = [Color.RED]",
            "print(colors[0] is Color.RED and Color(2) is Color.BLUE)"));
    cells.put(
        "open files",
        List.of(
            "files = [open(f'file{i}', 'w+') for i in range(50)]\n"
                + "for i, file in enumerate(files): file.write('x' * i)",
            "print(all(file.tell() == i for i, file in enumerate(files)))"));
    cells.put(
        "running generators",
        List.of(
            "def endless():\n    n = 0\n    while True:\n        n += 1\n        yield n\n"
                + "running = [endless() for _ in range(1000)]\nfor each in running: next(each)",
            "print({next(each) for each in running} == {2})"));
    cells.put(
        "a class whose __reduce__ raises",
        List.of(
            """
            class Odd:
                def __reduce__(self): raise RuntimeError('reduce')
                def __reduce_ex__(self, protocol): raise RuntimeError('reduce_ex')
                def __getstate__(self): raise RuntimeError('getstate')
                def __deepcopy__(self, memo): raise RuntimeError('deepcopy')
                def __repr__(self): raise RuntimeError('repr')
            odd = Odd()
            odd.inside = [odd]
            """,
            "print(odd.inside[0] is odd)"));
    cells.put(
        "what never ends when it is read",
        List.of(
            """
            import itertools
            class Endless(list):
                def __iter__(self): return itertools.count()
                def __len__(self): return 2**40
                def __eq__(self, other):
                    while True: pass
                __hash__ = None
            endless, counting = Endless(), itertools.count(5)
            """,
            "print(type(endless) is Endless and next(counting) == 5)"));
    return cells;
  }

  @TestFactory
  @Rule({"H40", "C74", "W16"})
  default List<DynamicTest> awkward_globals_delay_nothing_and_survive_a_kill() {
    List<DynamicTest> tests = new ArrayList<>();
    awkward()
        .forEach(
            (name, cells) ->
                tests.add(
                    DynamicTest.dynamicTest(name, () -> survive(cells.get(0), cells.get(1)))));
    return tests;
  }

  private void survive(String make, String show) {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome made = session.execute(make);
      assertThat(made.kind()).as(made.toString()).isEqualTo(OutcomeKind.COMPLETED);
      Outcome killed = session.execute("import os\nos.kill(os.getpid(), 9)");
      assertThat(killed.state().preserved()).as(killed.state().text()).isTrue();
      Outcome shown = session.execute(show);
      assertThat(shown.stdoutText()).as(shown.toString()).isEqualTo("True\n");

      // The same where there can be no copy: what cannot be read as data is named, not waited for.
      Outcome thread = session.execute(SnapshotContract.THREAD + "plain = [1]");
      assertThat(thread.kind()).isEqualTo(OutcomeKind.COMPLETED);
      StateReport state = session.execute("import os\nos.kill(os.getpid(), 9)").state();
      assertThat(state.restored()).contains("plain");
      assertThat(state.reason()).get().asString().contains("threads");
      assertThat(session.execute("print(plain)").stdoutText()).isEqualTo("[1]\n");
    }
  }

  /** Where there can be a copy, and where plain data is kept, beside a thread. */
  @Test
  @Rule("W16")
  default void globals_of_types_derived_from_plain_ones_hold_up_no_cell_and_are_told() {
    String derive =
        """
        import enum
        class Level(enum.IntEnum): LOW = 1
        class Whole(int): pass
        class Real(float): pass
        class Word(str): pass
        class Raw(bytes): pass
        class Row(list): pass
        class Pair(tuple): pass
        class Bag(set): pass
        class Table(dict): pass
        plain, level, whole, real, word, raw = [1], Level.LOW, Whole(2), Real(3.5), Word('w'), Raw(b'r')
        row, pair, bag, table = Row([4]), Pair((5,)), Bag({6}), Table(seven=7)
        """;
    List<String> derived =
        List.of("level", "whole", "real", "word", "raw", "row", "pair", "bag", "table");
    String show = "print(*(type(it).__name__ for it in (" + String.join(", ", derived) + ")))";
    try (SupervisorClient client = open()) {
      Session session = client.session();
      for (String before : List.of("", SnapshotContract.THREAD)) {
        assertThat(session.execute(before + derive).kind()).isEqualTo(OutcomeKind.COMPLETED);
        assertThat(session.execute("print(1)").stdoutText()).isEqualTo("1\n");
        assertThat(session.execute(show).stdoutText())
            .isEqualTo("Level Whole Real Word Raw Row Pair Bag Table\n");
        StateReport state = session.execute("import os\nos.kill(os.getpid(), 9)").state();
        List<String> told = new ArrayList<>(state.restored());
        assertThat(told).contains("plain");
        told.addAll(state.lost());
        assertThat(told).containsAll(derived);
      }
      assertThat(session.execute("print(plain)").stdoutText()).isEqualTo("[1]\n");
    }
  }

  @Test
  @Rule("H40")
  default void numpy_arrays_survive_a_kill_and_branches_draw_numbers_of_their_own() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome made =
          session.execute(
              "import os\nimport numpy\nnumpy.random.seed(1)\narray = numpy.arange(10**6).reshape(1000, 1000)\n"
                  + "product = (array % 7.0) @ (array % 5.0)\nexpected = float(product.sum())");
      assumeTrue(made.ok(), "numpy is not there: " + made);
      Session branch = session.branch("branch");
      Outcome killed = session.execute("array[:] = 0\nos.kill(os.getpid(), 9)");
      assertThat(killed.state().preserved()).as(killed.state().text()).isTrue();
      String again = "print(float(((array % 7.0) @ (array % 5.0)).sum()) == expected)";
      assertThat(session.execute(again).stdoutText()).isEqualTo("True\n");
      assertThat(branch.execute(again).stdoutText()).isEqualTo("True\n");
      String draw = "print(numpy.random.random())";
      assertThat(branch.execute(draw).stdoutText())
          .isNotEqualTo(session.execute(draw).stdoutText());
    }
  }

  /**
   * What a copy of a large heap costs whom: the next cell, one that reads it all, one that writes.
   */
  @Test
  @Limit(seconds = 300, why = "a gigabyte of small objects in the full count")
  @Rule({"H40", "H39"})
  @Heavy(why = "a hundred megabytes of small objects")
  default void a_large_heap_of_small_objects_costs_the_next_cells_little_and_survives() {
    Counts megabytes = Counts.of(MEGABYTES_NOW, MEGABYTES_NOW, MEGABYTES_FULL);
    try (SupervisorClient client = open()) {
      Session session = client.session();
      String first = cost(session, "pass");
      String make =
          cost(session, "big = [(i, str(i)) for i in range(%d)]".formatted(megabytes.now() * 6000));
      String next = cost(session, "pass");
      String read = cost(session, "total = sum(len(text) for _, text in big)");
      String write = cost(session, "for i, (n, text) in enumerate(big): big[i] = (n, text)");
      String after = cost(session, "pass");
      long start = System.nanoTime();
      Outcome killed = session.execute("import os\nos.kill(os.getpid(), 9)");
      String kill = millis(System.nanoTime() - start);
      assertThat(killed.state().preserved()).as(killed.state().text()).isTrue();
      Outcome shown = session.execute("print(len(big), big[-1][0] + 1, total > 0)");
      assertThat(shown.stdoutText())
          .isEqualTo("%1$d %1$d True\n".formatted(megabytes.now() * 6000));
      Evidence.record(
          "small objects as globals, in MB: cost of the cells that come next",
          List.of("H40"),
          "pass before %s; making them %s; pass after that %s; reading all %s; writing all %s; pass after that %s; kill to report %s; peak %d MB"
              .formatted(
                  first, make, next, read, write, after, kill, shown.peakMemoryBytes() >> 20),
          megabytes);
    }
  }

  private static String cost(Session session, String code) {
    long start = System.nanoTime();
    Outcome outcome = session.execute(code);
    assertThat(outcome.kind()).as(outcome.toString()).isEqualTo(OutcomeKind.COMPLETED);
    return millis(System.nanoTime() - start);
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f ms", Duration.ofNanos(nanos).toNanos() / 1e6);
  }
}
