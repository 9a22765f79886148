package dev.pyvisor.cli;

import dev.pyvisor.SupervisorClient;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is told of the work beside its result, to people and for later. */
final class DiagnosticOptions {
  @Option(
      names = "--verbose",
      description =
          "Tells on standard error what the cells do while they do it: their output, the tools they"
              + " call with their arguments, errors, answers. With --json, too; otherwise beside"
              + " what is printed anyway.")
  private boolean verbose;

  @Option(
      names = "--debug-log",
      paramLabel = "FILE",
      description =
          "Adds what happens to a file, a line of JSON an event: no code, and nothing that looks"
              + " like a secret.")
  private @Nullable Path debugLog;

  void applyTo(SupervisorClient.Builder builder) {
    if (verbose) {
      builder.verbose(true);
    }
    if (debugLog != null) {
      builder.debugLog(debugLog);
    }
  }
}
