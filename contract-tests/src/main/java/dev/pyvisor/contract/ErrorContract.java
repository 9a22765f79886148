package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.PythonError;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes wrong in a cell is told with its output and its traceback, and the session goes on. */
@Core
public interface ErrorContract extends RunnerContract {

  /** With the partial output and a traceback, on every backend: supersedes C31 and C32. */
  @Test
  @Rule({"C31", "C32", "W40"})
  @Needs(Capability.TRACEBACKS)
  default void an_exception_comes_with_partial_output_and_traceback_and_the_session_goes_on() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome =
          session.execute("print('before failure')\nraise ValueError('ordinary failure')");

      assertThat(outcome.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(outcome.stdoutText()).isEqualTo("before failure\n");
      PythonError error = outcome.error().orElseThrow();
      assertThat(error.type()).isEqualTo("ValueError");
      assertThat(error.message()).isEqualTo("ordinary failure");
      assertThat(error.traceback())
          .startsWith("Traceback (most recent call last):\n  File \"<cell ")
          .contains("line 2, in <module>\n    raise ValueError('ordinary failure')\n")
          .endsWith("ValueError: ordinary failure\n")
          .doesNotContain("_runner");
      assertThat(outcome.state().preserved()).isTrue();
      assertThat(session.execute("print('recovered')").stdoutText()).isEqualTo("recovered\n");
    }
  }

  @Test
  @Rule({"C31", "W40"})
  @Needs(Capability.TRACEBACKS)
  default void a_traceback_shows_the_lines_of_the_cell_that_defined_a_function() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("def divide(a, b):\n    return a / b");
      PythonError error = session.execute("divide(1, 0)").error().orElseThrow();
      assertThat(error.traceback()).contains("divide(1, 0)").contains("return a / b");
      assertThat(error.frames()).hasSize(2);
    }
  }

  @Test
  @Rule("C33")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_missing_name_is_a_name_error() {
    try (SupervisorClient client = open()) {
      PythonError error = client.session().execute("print(missing_name)").error().orElseThrow();
      assertThat(error.type()).isEqualTo("NameError");
      assertThat(error.message()).contains("missing_name");
    }
  }

  @Test
  @Rule({"C34", "W40"})
  @Needs(Capability.TRACEBACKS)
  @Core(between = false)
  default void a_syntax_error_names_its_line_and_later_cells_run() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      Outcome outcome = session.execute("x = 1\nfor");
      assertThat(outcome.kind()).isEqualTo(OutcomeKind.RAISED);
      PythonError error = outcome.error().orElseThrow();
      assertThat(error.type()).isEqualTo("SyntaxError");
      assertThat(error.syntax().orElseThrow().line()).isEqualTo(2);
      assertThat(error.traceback()).contains("for\n").contains("^").doesNotContain("_runner");
      assertThat(session.execute("print('after syntax')").stdoutText()).isEqualTo("after syntax\n");
    }
  }

  @Test
  @Rule("C35")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void a_failing_subprocess_is_an_error_of_the_cell() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      PythonError error =
          session
              .execute(
                  "import subprocess, sys\n"
                      + "subprocess.run([sys.executable, '-c', 'raise SystemExit(7)'], check=True)")
              .error()
              .orElseThrow();
      assertThat(error.type()).isEqualTo("CalledProcessError");
      assertThat(error.message()).contains("7");
      assertThat(session.execute("print('next')").stdoutText()).isEqualTo("next\n");
    }
  }

  @Test
  @Rule({"C37", "H19"})
  @Core(between = false)
  default void leaving_by_sys_exit_is_an_error_of_the_cell_and_the_kernel_lives() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("keep = 7");
      for (String code : List.of("import sys; sys.exit(3)", "raise SystemExit(3)", "exit(3)")) {
        Outcome outcome = session.execute(code);
        assertThat(outcome.kind()).as(code).isEqualTo(OutcomeKind.RAISED);
        assertThat(outcome.error().orElseThrow().type()).as(code).isEqualTo("SystemExit");
        assertThat(session.execute("print(keep)").stdoutText()).as(code).isEqualTo("7\n");
      }
    }
  }

  @Test
  @Rule({"C39", "SES-7", "ERR-1", "ERR-3"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default void an_unknown_method_is_refused_by_name_and_the_connection_stays() {
    try (SupervisorClient client = open()) {
      CallFailed refused =
          catchThrowableOfType(CallFailed.class, () -> client.request("no.such.method", "{}"));
      assertThat(refused.code()).isEqualTo(ErrorCode.METHOD_NOT_FOUND);
      assertThat(refused.delivery()).isEqualTo(Delivery.ANSWERED);
      assertThat(refused).hasMessageContaining("no.such.method");
      assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  @Test
  @Rule("C41")
  @OneBackend
  @Core(from = Tier.WIDE)
  default void globals_from_before_an_error_are_intact() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute("keep = 7");
      session.execute("also = 1\nraise RuntimeError('x')");
      assertThat(session.execute("print(keep + also)").stdoutText()).isEqualTo("8\n");
    }
  }

  @Test
  @Rule({"C31", "C41"})
  default void exceptions_made_to_break_a_report_are_reported() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      for (String code :
          List.of(
              "class E(Exception):\n    def __str__(self): raise KeyError('str')\nraise E()",
              "class E(Exception):\n    def __repr__(self): raise KeyError('repr')\nraise E(1)",
              "raise ValueError('x' * 50_000_000)",
              "def f(): f()\nf()",
              "raise type('\\udcff', (Exception,), {})('\\udcff')",
              "raise KeyboardInterrupt()",
              "try:\n    1/0\nexcept Exception as e:\n    e.__cause__ = e\n    raise")) {
        Outcome outcome = session.execute(code);
        assertThat(outcome.kind()).as(code).isEqualTo(OutcomeKind.RAISED);
        assertThat(outcome.error()).as(code).isPresent();
        assertThat(session.execute("print('next')").stdoutText()).as(code).isEqualTo("next\n");
      }
    }
  }

  /** What pickling cannot take would be lost on the way, and the cell with it. */
  @Test
  @Rule({"W15", "W27"})
  @OneBackend
  @Core(from = Tier.WIDE)
  default void an_exception_that_holds_what_cannot_be_pickled_is_told_like_any_other() {
    try (SupervisorClient client = open()) {
      Session session = client.session();
      session.execute(
          """
          import threading
          class Foo:
              def __reduce__(self): raise RuntimeError('no pickling')
          class Own(Exception):
              def __init__(self, held):
                  super().__init__(held)
                  self.held = held
          """);
      for (String held :
          List.of(
              "Foo()",
              "Foo",
              "lambda: 1",
              "threading.Lock()",
              "(n for n in 'ab')",
              "{(1, 2): 3}")) {
        for (String type : List.of("ValueError", "Own")) {
          String code = "print('before')\nraise " + type + "(" + held + ")";
          Outcome outcome = session.execute(code);
          assertThat(outcome.kind()).as(code).isEqualTo(OutcomeKind.RAISED);
          assertThat(outcome.stdoutText()).as(code).isEqualTo("before\n");
          PythonError error = outcome.error().orElseThrow();
          assertThat(error.type()).as(code).isEqualTo(type);
          assertThat(error.message()).as(code).isNotEmpty();
          assertThat(error.traceback()).as(code).contains("raise " + type);
        }
      }
      assertThat(session.execute("print('next')").generation()).isEqualTo(1);
    }
  }
}
