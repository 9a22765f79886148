package dev.pyvisor.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The command {@code pyvisor} and its verbs. */
@Command(
    name = "pyvisor",
    description = "Runs an agent's Python from Java and tells the truth about what happened.",
    version = "pyvisor 0.1.0",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "VERB",
    subcommands = {
      ExecCommand.class,
      DoctorCommand.class,
      RunnerCommand.class,
      BenchCommand.class,
    })
public final class Main {
  private Main() {}

  /** Runs one verb and ends the JVM with its status. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  static int run(String... arguments) {
    return new CommandLine(new Main())
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command.getErr().println("pyvisor: " + Failures.explain(failure));
              return Failures.status(failure);
            })
        .execute(arguments);
  }
}
