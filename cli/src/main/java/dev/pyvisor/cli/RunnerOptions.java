package dev.pyvisor.cli;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which runner the code runs in, and what holds there. */
final class RunnerOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "How the runner is reached: pipe (default), or another that pyvisor doctor lists.")
  private @Nullable String backend;

  @Mixin private LaunchOptions launch;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "The Python interpreter, 3.9 or newer. Default: the first python3 on the PATH.")
  private @Nullable Path python;

  @Option(
      names = "--workspace",
      paramLabel = "DIR",
      description =
          "The directory that cells run in. Default: a new one of the runner's; for pyvisor exec the"
              + " current one, unless there is --put, --collect or --url, or a launcher that"
              + " isolates.")
  private @Nullable Path workspace;

  @Option(
      names = "--env",
      paramLabel = "NAME[=VALUE]",
      description = "Sets an environment variable for the cells, or passes this one's value on.")
  private List<String> environment = new ArrayList<>();

  @Mixin private LimitOptions limits;

  @Mixin private ConfigOptions config;

  @Mixin private DiagnosticOptions diagnostics;

  @Mixin private AttachOptions attach;

  /** Refuses what is unknown, and what does not go together. */
  void check() {
    if (backend != null && !Backends.names().contains(backend)) {
      throw refused(
          "--backend '" + backend + "' is unknown; usable: " + String.join(", ", Backends.names()));
    }
    launch.check();
    attach.check(backend, decidedAtTheStart());
  }

  /** What cannot be chosen for a runner that runs already. */
  private List<String> decidedAtTheStart() {
    List<String> decided = new ArrayList<>();
    if (python != null) {
      decided.add("--python");
    }
    if (!environment.isEmpty()) {
      decided.add("--env");
    }
    decided.addAll(launch.given());
    return decided;
  }

  /** What is set that is no option. */
  Configuration configuration() {
    return config.read();
  }

  /** Whether cells will run where this process's own files are. */
  boolean sharesFiles(Configuration configured) {
    return !attach.given() && launch.isolatesNothing(configured, backend);
  }

  /** Has the code isolated where nobody says how it is to be started, and it is started here. */
  void isolate(SupervisorClient.Builder builder, Configuration configured, String who) {
    if (!attach.given()) {
      launch.isolate(builder, configured, who);
    }
  }

  /** The configuration, then these options. */
  void applyTo(SupervisorClient.Builder builder, Configuration configured) {
    builder.configuration(configured);
    if (backend != null) {
      builder.backend(backend);
    }
    attach.applyTo(builder);
    launch.applyTo(builder);
    diagnostics.applyTo(builder);
    if (workspace != null) {
      builder.workspace(attach.given() ? workspace : directory(workspace));
    }
    if (python != null) {
      builder.python(python);
    }
    for (String entry : environment) {
      int equals = entry.indexOf('=');
      if (equals == 0 || entry.isEmpty()) {
        throw refused("--env '" + entry + "' has no name; write NAME or NAME=VALUE");
      }
      if (equals < 0) {
        builder.inheritEnvironment(entry);
      } else {
        builder.environment(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    limits.applyTo(builder);
  }

  private Path directory(Path given) {
    Path directory = given.toAbsolutePath().normalize();
    if (!Files.isDirectory(directory)) {
      throw refused("--workspace " + given + " is not a directory; make it first");
    }
    return directory;
  }

  private ParameterException refused(String why) {
    return new ParameterException(command.commandLine(), why);
  }
}
