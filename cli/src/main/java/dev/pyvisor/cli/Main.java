package dev.pyvisor.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
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
      ToolsCommand.class,
      BenchCommand.class,
      ContractCommand.class,
      McpCommand.class,
    })
public final class Main {
  private Main() {}

  /** Runs one verb and ends the JVM with its status. */
  public static void main(String[] arguments) {
    // Text is UTF-8 whatever the locale says; the cells' own bytes pass through as they are.
    System.setOut(utf8(FileDescriptor.out));
    System.setErr(utf8(FileDescriptor.err));
    System.exit(run(arguments));
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor)), true, StandardCharsets.UTF_8);
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
