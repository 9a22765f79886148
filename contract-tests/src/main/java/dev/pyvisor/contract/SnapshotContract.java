package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.StateReport;
import dev.pyvisor.outcome.StateSource;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Where a kernel must not be copied, its plain data survives it, and the report tells the rest. */
@OneBackend
@Needs(Capability.CHECKPOINTS)
public interface SnapshotContract extends RunnerContract {
  /** A thread that lives as long as its kernel: it would not be in a copy. */
  String THREAD =
      "import threading\nwaiting = threading.Thread(target=threading.Event().wait, daemon=True)\n"
          + "waiting.start()\n";

  /** A pipe: a copy would hold its other end open. */
  String PIPE = "import os\nends = os.pipe()\n";

  /** A cell that is interrupted before that keeps its kernel. */
  Duration UNTIL_DEAF = Duration.ofMillis(400);

  /** Ends the kernel by the ladder. */
  Cell HANGS =
      Cell.of("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass")
          .timeout(UNTIL_DEAF)
          .grace(Duration.ofMillis(10));

  @Test
  @Rule({"C65", "C73", "H39", "LIF-18"})
  default void plain_data_survives_where_a_thread_forbids_a_copy() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          THREAD
              + """
              import dataclasses
              @dataclasses.dataclass
              class Summary:
                  name: str
                  scores: list
              summary = Summary('mjcf', [1, 2])
              scalars = (None, True, 2**70, 1.5, 'text', b'bytes')
              groups = [{1, 2}, frozenset((3,)), {'deep': [(4,)]}]
              def function(): pass
              generator = iter([1])
              """);
      Outcome outcome = session.execute(HANGS);
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.TIMED_OUT);
      StateReport state = outcome.state();
      assertThat(state.source()).as(state.text()).isEqualTo(StateSource.SNAPSHOT);
      assertThat(state.preserved()).isFalse();
      assertThat(state.restored()).containsExactly("groups", "scalars", "summary");
      assertThat(state.lost())
          .contains("Summary", "function", "generator", "waiting")
          .doesNotContain("summary")
          .isSorted();
      assertThat(state.reason()).get().asString().contains("killed", "threads: 1 other thread");
      assertThat(
              session
                  .execute(
                      "print(type(summary).__name__, summary['name'], scalars, groups, 'function' in globals())")
                  .stdoutText())
          .isEqualTo(
              "dict mjcf (None, True, 1180591620717411303424, 1.5, 'text', b'bytes')"
                  + " [{1, 2}, frozenset({3}), {'deep': [(4,)]}] False\n");
    }
  }

  @Test
  @Rule({"H39", "C78"})
  default void the_report_names_the_descriptor_that_forbids_a_copy_and_both_lists() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(PIPE + "kept = 1\nlost = object()");
      StateReport state = session.execute("os._exit(7)").state();
      assertThat(state.source()).isEqualTo(StateSource.SNAPSHOT);
      assertThat(state.reason())
          .get()
          .asString()
          .contains("exit status 7", "descriptors: a pipe is open");
      assertThat(state.restored()).containsExactly("ends", "kept");
      assertThat(state.lost()).containsExactly("lost", "os");
      assertThat(state.text())
          .contains("snapshot", "restored: ends, kept", "lost: lost, os", "a pipe is open");
    }
  }

  @Test
  @Rule("H39")
  default void when_what_forbade_a_copy_has_gone_there_is_one_again() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(PIPE + "kept = iter([1, 2])");
      session.execute("next(kept)\nfor end in ends: os.close(end)");
      StateReport state = session.execute("os._exit(7)").state();
      assertThat(state.source()).as(state.text()).isEqualTo(StateSource.CHECKPOINT);
      assertThat(session.execute("print(next(kept))").stdoutText()).isEqualTo("2\n");
    }
  }

  @Test
  @Rule("C74")
  default void no_hook_of_a_foreign_object_is_called() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          THREAD
              + """
              class Meta(type):
                  def __hash__(cls): print('hash'); return 1
                  def __eq__(cls, other): print('eq'); return True
              class Foreign(dict, metaclass=Meta):
                  def __reduce__(self): print('reduce'); raise RuntimeError
                  def __reduce_ex__(self, protocol): print('reduce_ex'); raise RuntimeError
                  def __getattribute__(self, name): print('getattribute', name); raise RuntimeError
                  def __iter__(self): print('iter'); raise RuntimeError
                  def __len__(self): print('len'); raise RuntimeError
                  def keys(self): print('keys'); raise RuntimeError
                  def items(self): print('items'); raise RuntimeError
                  def __del__(self): pass
              Foreign.__module__ = 'mujoco._structs'
              foreign = Foreign()
              among = [1, foreign]
              kept = [1]
              """);
      assertThat(session.execute("pass").stdoutText()).isEmpty();
      StateReport state = session.execute(HANGS).state();
      assertThat(state.restored()).containsExactly("kept");
      assertThat(state.lost()).contains("among", "foreign");
    }
  }

  @Test
  @Rule({"C75", "C76"})
  default void mappings_come_back_as_dicts_and_paths_as_paths() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          THREAD
              + """
              from collections import UserDict, defaultdict, OrderedDict, Counter
              from pathlib import Path
              config = UserDict({'threshold': 0.6, 'labels': ('fast', 'exact')})
              counts = Counter('aab')
              groups = defaultdict(list, {'x': [1]})
              order = OrderedDict([('b', 1), ('a', 2)])
              model = Path('/app/model.xml')
              """);
      StateReport state = session.execute(HANGS).state();
      assertThat(state.restored())
          .containsExactly("config", "counts", "groups", "model", "order")
          .isSorted();
      assertThat(
              session
                  .execute(
                      "print(type(config).__name__, config, dict(counts), groups, list(order))\n"
                          + "print(hasattr(model, 'read_text'), model / 'child.txt')")
                  .stdoutText())
          .isEqualTo(
              "dict {'threshold': 0.6, 'labels': ('fast', 'exact')} {'a': 2, 'b': 1} {'x': [1]}"
                  + " ['b', 'a']\nTrue /app/model.xml/child.txt\n");
    }
  }

  @Test
  @Rule("C77")
  default void a_snapshot_is_of_before_the_cell_and_keeps_or_loses_each_name_whole() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          THREAD
              + """
              number = 1
              numbers = [1]
              loop = []
              loop.append(loop)
              mixed = {'plain': 1, 'odd': object()}
              """);
      Outcome outcome =
          session.execute(
              Cell.of("number = 2; numbers.append(2); new = 3; del loop\n" + HANGS.code())
                  .timeout(UNTIL_DEAF)
                  .grace(Duration.ofMillis(10)));
      assertThat(outcome.state().restored()).containsExactly("number", "numbers");
      assertThat(outcome.state().lost()).contains("loop", "mixed").doesNotContain("new");
      assertThat(session.execute("print(number, numbers, 'new' in globals())").stdoutText())
          .isEqualTo("1 [1] False\n");
    }
  }

  @Test
  @Rule("C79")
  default void tools_are_in_no_snapshot_and_survive_it() {
    try (SupervisorClient client = open(DemoTools.adder())) {
      Session session = client.session();
      session.execute(THREAD + "kept = 1");
      StateReport state = session.execute("import os; os._exit(7)").state();
      assertThat(state.source()).isEqualTo(StateSource.SNAPSHOT);
      assertThat(state.restored()).containsExactly("kept");
      assertThat(state.lost()).containsExactly("threading", "waiting");
      assertThat(session.execute("print((await add(kept, 2))['total'])").stdoutText())
          .isEqualTo("3\n");
    }
  }

  /** The session was opened so that it keeps nothing: the report must not leave that open. */
  @Test
  @Rule({"H39", "C78", "LIF-18"})
  default void a_session_that_keeps_nothing_says_what_is_lost_and_why() {
    try (SupervisorClient client =
        OpenClients.open(client().checkpoints(CheckpointPolicy.NEVER).tool(DemoTools.adder()))) {
      Session session = client.session();
      session.execute("import os\nnumber = 1\ndef function(): pass");
      StateReport state = session.execute("number = 2\nos._exit(7)").state();
      assertThat(state.source()).isEqualTo(StateSource.FRESH);
      assertThat(state.preserved()).isFalse();
      assertThat(state.restored()).isEmpty();
      assertThat(state.lost()).containsExactly("function", "number", "os");
      assertThat(state.reason()).get().asString().contains("exit status 7", "checkpoint=never");
      assertThat(session.execute("print('number' in globals())").stdoutText()).isEqualTo("False\n");
      assertThat(session.execute("print((await add(1, 2))['total'])").stdoutText())
          .isEqualTo("3\n");
    }
  }
}
