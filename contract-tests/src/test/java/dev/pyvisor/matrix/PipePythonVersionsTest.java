package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.tool.Tool;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** The main things, on every supported Python of this machine. */
@ExtendWith({Census.class, HangReport.class})
class PipePythonVersionsTest {

  @TestFactory
  @Rule({"C1", "C2", "C7", "C31", "C34", "C48", "H19"})
  Stream<DynamicTest> a_session_works_on() {
    return Interpreters.supported().entrySet().stream()
        .map(
            python ->
                DynamicTest.dynamicTest(
                    "Python " + Interpreters.name(python.getKey()),
                    () -> smoke(Interpreters.name(python.getKey()), python.getValue())));
  }

  private static void smoke(String version, Path python) {
    Tool twice =
        Tool.named("twice")
            .parameter("text", String.class, "any")
            .handler((arguments, context) -> arguments.get("text", String.class).repeat(2));
    try (SupervisorClient client = OpenClients.open(Pipe.client(python).tool(twice))) {
      assertThat(client.runner().pythonVersion()).startsWith(version + ".");
      Session session = client.session();
      session.execute("x = 40");
      assertThat(
              session.execute(Cell.of("x + 2").withValue()).value().orElseThrow().as(Integer.class))
          .isEqualTo(42);
      assertThat(
              session
                  .execute("import asyncio\nprint(await asyncio.gather(twice('a'), twice('b')))")
                  .stdoutText())
          .isEqualTo("['aa', 'bb']\n");
      Outcome raised = session.execute("print('é')\nraise ValueError('bad')");
      assertThat(raised.stdoutText()).isEqualTo("é\n");
      assertThat(raised.error().orElseThrow().traceback())
          .contains("raise ValueError('bad')")
          .doesNotContain("_runner");
      Outcome syntax = session.execute("x = = 1");
      assertThat(syntax.error().orElseThrow().type()).isEqualTo("SyntaxError");
      Outcome crashed = session.execute("print('last')\nimport os; os.abort()");
      assertThat(crashed.kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(crashed.stdoutText()).isEqualTo("last\n");
      assertThat(session.execute("print(await twice('after'))").stdoutText())
          .isEqualTo("afterafter\n");
    }
  }
}
