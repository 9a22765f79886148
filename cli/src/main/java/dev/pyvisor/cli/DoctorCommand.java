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
    footer = {
      "",
      "With --hang it says instead what a program that hangs is doing: each of its clients writes a"
          + " folder with Java and Python stacks, open calls, last frames and what /proc says, and"
          + " the verdict is printed. Nothing is interrupted or killed.",
      "Exit status: 0 a cell was run through the pipe backend, or a report was written; 3 it was"
          + " not."
    })
final class DoctorCommand implements Callable<Integer> {
  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "The interpreter to try. Default: the first python3 on the PATH.")
  private @Nullable Path python;

  @Option(
      names = "--hang",
      arity = "0..1",
      fallbackValue = "0",
      paramLabel = "PID",
      description =
          "Reports what hangs in the JVM of that process id. Without one: in every JVM of this user"
              + " that has a runner.")
  private @Nullable Long hang;

  @Override
  public Integer call() throws InterruptedException {
    if (hang != null) {
      HangCheck check = new HangCheck(System.out, System.err);
      return hang == 0 ? check.all() : check.one(hang);
    }
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
