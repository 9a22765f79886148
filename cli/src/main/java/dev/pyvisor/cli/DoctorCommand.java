package dev.pyvisor.cli;

import dev.pyvisor.Defaults;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.config.Setting;
import dev.pyvisor.runner.RunnerPayload;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pyvisor doctor}: what this machine offers, and what to do about what it lacks. */
@Command(
    name = "doctor",
    description = "Says what this machine offers, what each backend would do, and how to mend it.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "With --config or --set it says, too, what holds for every key and where that was written.",
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

  @Mixin private ConfigOptions config;

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
    Configuration configuration = config.read();
    PrintStream out = System.out;
    section(out, "machine", Machine.facts());
    section(out, "python", Machine.pythons());
    section(out, "limits", Machine.limits());
    section(out, "limits of the code", CodeHold.ofThisMachine());
    section(out, "launchers", Machine.launchers());
    section(
        out,
        "runner",
        List.of(
            "payload sha256 " + RunnerPayload.sha256(),
            "unpacked below " + RunnerPayload.defaultCache()));
    if (config.given() || !configuration.settings().isEmpty()) {
      section(
          out,
          "configuration",
          configuration.effective().stream().map(DoctorCommand::line).toList());
    }
    Trial trial = Trial.run(builder(configuration));
    Trial reached = Trial.run(builder(configuration).backend("websocket"));
    section(
        out,
        "backends",
        List.of(
            "pipe       " + trial.text(),
            "stdio      deprecated: for a supervisor of the old line dialect", // stdio-backend
            "websocket  " + reached.text()));
    return trial.works() ? Failures.OK : Failures.NO_RUNNER;
  }

  /** The interpreter and all else as configured, but the backend that the line is about. */
  private SupervisorClient.Builder builder(Configuration configuration) {
    SupervisorClient.Builder builder =
        SupervisorClient.builder(configuration).backend(Defaults.BACKEND).trusted();
    return python == null ? builder : builder.python(python);
  }

  private static String line(Setting setting) {
    return String.format(
        "%-22s %-12s  (%s)", setting.key(), setting.value(), setting.origin().place());
  }

  private static void section(PrintStream out, String title, List<String> lines) {
    out.println(title);
    lines.forEach(line -> out.println("  " + line));
  }
}
