package dev.pyvisor.cli;

import dev.pyvisor.runner.RunnerPayload;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code pyvisor doctor}: what this machine offers, and what to do about what it lacks. */
@Command(
    name = "doctor",
    description = "Says what this machine offers, what each backend would do, and how to mend it.",
    mixinStandardHelpOptions = true,
    footer = {"", "Exit status: 0 a cell was run through the pipe backend; 3 it was not."})
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "The interpreter to try. Default: the first python3 on the PATH.")
  private @Nullable Path python;

  @Override
  public Integer call() {
    PrintStream out = System.out;
    section(out, "machine", Machine.facts());
    section(out, "python", Machine.pythons());
    section(out, "limits", Machine.limits());
    section(out, "sandbox tools", Machine.sandboxTools());
    section(
        out,
        "runner",
        List.of(
            "payload sha256 " + RunnerPayload.sha256(),
            "unpacked below " + RunnerPayload.defaultCache()));
    Trial trial = Trial.run(python);
    section(
        out,
        "backends",
        List.of(
            "pipe       " + trial.text(),
            "websocket  not in this version",
            "stdio      not in this version"));
    return trial.works() ? Failures.OK : Failures.NO_RUNNER;
  }

  private static void section(PrintStream out, String title, List<String> lines) {
    out.println(title);
    lines.forEach(line -> out.println("  " + line));
  }
}
