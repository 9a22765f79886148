package dev.pyvisor.cli;

import dev.pyvisor.ResourceLimits;
import dev.pyvisor.config.DurationText;
import dev.pyvisor.config.SizeText;
import dev.pyvisor.transport.Sandbox;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * What the code of a runner that listens may use: whoever attaches finds it so, and cannot change
 * it.
 */
final class CodeLimits {
  private static final Map<String, BiFunction<ResourceLimits, String, ResourceLimits>> KEYS =
      Map.of(
          "memory-limit",
          (limits, text) -> limits.withMemory(SizeText.bytes(text, ResourceLimits.LEAST_MEMORY)),
          "cpu-limit",
          (limits, text) -> limits.withCpuTime(DurationText.positive(text)),
          "process-limit",
          (limits, text) -> limits.withProcesses(Integer.parseInt(text)),
          "open-files-limit",
          (limits, text) -> limits.withOpenFiles(Integer.parseInt(text)),
          "file-size-limit",
          (limits, text) -> limits.withFileSize(SizeText.bytes(text)),
          "workspace-limit",
          (limits, text) -> limits.withWorkspace(SizeText.bytes(text)));

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  private ResourceLimits limits = ResourceLimits.none();

  @Option(
      names = "--limit",
      paramLabel = "KEY=VALUE",
      description =
          "What the code may use, as memory-limit=512MiB or cpu-limit=20s; may be given several"
              + " times. The keys that end in -limit are in docs/configuration.md. Default: none.")
  void add(List<String> assignments) {
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      String key = equals < 0 ? assignment : assignment.substring(0, equals);
      if (equals < 0 || !KEYS.containsKey(key)) {
        throw refused(
            "'"
                + assignment
                + "' is no limit; write one of "
                + String.join(", ", KEYS.keySet().stream().sorted().toList())
                + ", an equals sign and a value");
      }
      try {
        limits = KEYS.get(key).apply(limits, assignment.substring(equals + 1));
      } catch (NumberFormatException odd) {
        throw refused(assignment + " has no whole number");
      } catch (IllegalArgumentException bad) {
        throw refused(key + ": " + bad.getMessage());
      }
    }
  }

  /** How the runner is started. */
  Sandbox sandbox() {
    Sandbox none = Sandbox.UNCHOSEN;
    return new Sandbox(
        none.launcher(), none.image(), none.containerOptions(), none.command(), limits);
  }

  private ParameterException refused(String why) {
    return new ParameterException(command.commandLine(), "--limit " + why);
  }
}
