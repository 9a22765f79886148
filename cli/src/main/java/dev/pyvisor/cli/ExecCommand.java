package dev.pyvisor.cli;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.tool.Submit;
import dev.pyvisor.tool.Tool;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pyvisor exec}: runs cells in one session and prints what they print, as they print it. */
@Command(
    name = "exec",
    description = {
      "Runs cells in one session. State is kept from cell to cell; output is streamed as it is"
          + " printed."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Files: .py and standard input are cut into cells at lines that begin with '# %%%%'; .md at its"
          + " python fences; .ipynb at its code cells.",
      "Between cells, '# %%%% checkpoint NAME' keeps the state under a name and '# %%%% rollback NAME'"
          + " brings it back. In a fence, a notebook cell or a -c, that is the first line. A"
          + " directive is no cell: it is told on standard error (with --json only when it fails),"
          + " and one that fails counts like a cell that failed.",
      "Ctrl-C interrupts the running cell, and the next one finds the state; a second Ctrl-C, or one"
          + " while no cell runs, ends the program and leaves nothing.",
      "Exit status: 0 all cells completed or submitted; 1 some cell did not, or its output could not be"
          + " written, or a file not be put or collected; 2 usage; 3 the runner could not be started or"
          + " reached; 130 ended by Ctrl-C."
    })
final class ExecCommand implements Callable<Integer> {
  private static final Path HERE = Path.of("");

  @Spec private CommandSpec spec;

  @Option(
      names = "-c",
      paramLabel = "CODE",
      description = "A cell; may be given several times, before the file.")
  private List<String> codes = new ArrayList<>();

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE|-",
      description = "A .py, .md or .ipynb file, or - for standard input.")
  private @Nullable String file;

  @Mixin private RunnerOptions runner;

  @Mixin private FileOptions files;

  @Option(
      names = "--answer",
      paramLabel = "FILE",
      description =
          "A JSON schema of the fields that SUBMIT(...) takes in a cell; what does not fit is an"
              + " error there. Default: any fields.")
  private @Nullable Path answer;

  @Option(names = "--value", description = "Reports the value of each cell's last expression.")
  private boolean value;

  @Option(
      names = "--stop-on-error",
      description = "Goes no further after a cell or directive that failed.")
  private boolean stopOnError;

  @Option(names = "--json", description = "Prints one line of JSON per cell and nothing else.")
  private boolean json;

  @Option(
      names = "--demo-tools",
      description =
          "Registers the host tools echo(value), add(a, b), sleep(seconds), fail(message),"
              + " tally(key) and seal(file).")
  private boolean demoTools;

  @Mixin private McpServers servers;

  @Override
  public Integer call() throws IOException {
    runner.check();
    files.check();
    SupervisorClient.Builder builder = builder();
    List<Step> steps = steps(System.in);
    CtrlC ctrlC = CtrlC.takeOver(System.err);
    try {
      int status = run(builder, steps, ctrlC);
      return ctrlC.ending() ? Failures.INTERRUPTED : status;
    } finally {
      ctrlC.done();
    }
  }

  private int run(SupervisorClient.Builder builder, List<Step> steps, CtrlC ctrlC) {
    try (McpServers tools = servers;
        SupervisorClient client = open(builder, tools)) {
      try {
        return work(client.session(), steps, ctrlC);
      } catch (InterruptedException ended) {
        return Failures.INTERRUPTED;
      } finally {
        ctrlC.closing();
      }
    } catch (RunnerException failed) {
      if (ctrlC.ending()) {
        return Failures.INTERRUPTED;
      }
      throw failed;
    }
  }

  private static SupervisorClient open(SupervisorClient.Builder builder, McpServers tools) {
    tools.applyTo(builder);
    return builder.open();
  }

  /** The cells, between what they need and what they leave. */
  private int work(Session session, List<Step> steps, CtrlC ctrlC) throws InterruptedException {
    Report report =
        json ? Report.json(System.out, System.err) : Report.console(System.out, System.err);
    if (!files.put(session.files(), System.err, report::failed)) {
      return Failures.SOME_CELL_FAILED;
    }
    UnaryOperator<Cell> form = value ? Cell::withValue : UnaryOperator.identity();
    int status = take(steps, new Execution(session, form, report, ctrlC));
    return files.collect(session.files(), System.err, report::failed)
        ? status
        : Failures.SOME_CELL_FAILED;
  }

  private int take(List<Step> steps, Execution execution) throws InterruptedException {
    int status = Failures.OK;
    for (Step step : steps) {
      if (!step.take(execution)) {
        status = Failures.SOME_CELL_FAILED;
        if (execution.deaf()) {
          System.err.println("pyvisor: standard output takes nothing more; no further cell is run");
          break;
        }
        if (stopOnError) {
          break;
        }
      }
    }
    return status;
  }

  private List<Step> steps(InputStream input) throws IOException {
    List<Step> steps = new ArrayList<>();
    codes.forEach(code -> steps.addAll(Marks.cell(code)));
    if (file != null) {
      steps.addAll(CellSource.read(file, input));
    }
    if (steps.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "no code: give -c CODE, a FILE, or - for standard input");
    }
    return steps;
  }

  /** What holds for a command at a terminal, then the configuration, then its own options. */
  private SupervisorClient.Builder builder() throws IOException {
    SupervisorClient.Builder builder = SupervisorClient.builder().trusted();
    Configuration configured = runner.configuration();
    // A runner elsewhere may have no such directory, and one that is isolated is not to see it.
    // Whoever says what goes in and comes out wants nothing else there, and nothing left behind.
    if (!files.given() && runner.sharesFiles(configured)) {
      builder.workspace(HERE.toAbsolutePath());
    }
    runner.applyTo(builder, configured);
    if (demoTools) {
      builder.tools(new DemoTools());
    }
    return builder.tool(submit());
  }

  /** Every transcript may end a cell with an answer, under the name that models are told. */
  private Tool submit() throws IOException {
    Submit submit =
        Tool.submit("SUBMIT").description("Ends the cell with these fields as its answer.");
    if (answer == null) {
      return submit.anyFields();
    }
    try {
      return submit.schema(TextFile.read(answer));
    } catch (IllegalArgumentException odd) {
      throw new ParameterException(
          spec.commandLine(), "--answer " + answer + ": " + odd.getMessage());
    }
  }
}
