package dev.pyvisor.config;

import dev.pyvisor.CheckpointPolicy;
import dev.pyvisor.Defaults;
import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient.Builder;
import dev.pyvisor.internal.Backends;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.transport.Trust;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The keys that are there on any class path, each once, in the order in which they are set.
 *
 * <p>Immutable.
 */
final class FixedKeys {
  private static final List<String> LEVELS =
      List.of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL");

  static final List<ConfigKey> ALL =
      List.of(
          ConfigKey.of(
              new KeyText(
                  "backend",
                  Defaults.BACKEND,
                  "The backend by its name: how the runner is reached.",
                  "backend(name)"),
              new ValueType<>("name of a backend", FixedKeys::backend, name -> name),
              Builder::backend),
          ConfigKey.of(
              new KeyText(
                  "python",
                  "the first usable python3 on the PATH",
                  "The Python interpreter, 3.9 or newer: a path, or a name on the PATH.",
                  "python(path)"),
              ValueType.PATH,
              Builder::python),
          ConfigKey.of(
              new KeyText(
                  "workspace",
                  "a private directory, removed with its session",
                  "The directory that cells run in; it must exist.",
                  "workspace(path)"),
              ValueType.PATH,
              Builder::workspace),
          ConfigKey.of(
              new KeyText(
                  "payload",
                  "the one that the jar carries",
                  "A directory with an unpacked runner of your own.",
                  "payload(path)"),
              ValueType.PATH,
              Builder::payload),
          ConfigKey.of(
              new KeyText(
                  "inherit-environment",
                  "none",
                  "Variables whose values cells see as this process has them.",
                  "inheritEnvironment(name)"),
              ValueType.NAMES,
              (builder, names) -> names.forEach(builder::inheritEnvironment)),
          ConfigKey.of(
              new KeyText(
                  "trusted",
                  "false",
                  "Your word that the code may run with this process's rights.",
                  "trusted(), trust(word)"),
              ValueType.FLAG,
              (builder, given) -> builder.trust(given ? Trust.STATED : Trust.NOT_STATED)),
          ConfigKey.of(
              new KeyText(
                  "launcher",
                  "process; websocket: the strongest sandbox there is",
                  "How the runner's process is started, and so what isolates it.",
                  "launcher(launcher)"),
              ValueType.oneOf("process, bubblewrap, podman, docker or command", Launcher.words()),
              (builder, word) -> builder.launcher(Launcher.valueOf(word.toUpperCase(Locale.ROOT)))),
          ConfigKey.of(
              new KeyText(
                  "image",
                  "none",
                  "The image of the container: any with a python3, 3.9 or newer.",
                  "image(name)"),
              ValueType.TEXT,
              Builder::image),
          ConfigKey.of(
              new KeyText(
                  "container",
                  "none: one that ends with its runner",
                  "The name of a container that is kept, and used again by the next client.",
                  "container(name)"),
              ValueType.TEXT,
              Builder::container),
          ConfigKey.of(
              new KeyText(
                  "container-options",
                  "none",
                  "More words for the `run` of podman or docker, such as `--runtime runc`.",
                  "containerOptions(words)"),
              ValueType.TEXT,
              Builder::containerOptions),
          ConfigKey.of(
              new KeyText(
                  "launch-command",
                  "none",
                  "The command line that the launcher `command` starts, without a shell.",
                  "launchCommand(line)"),
              ValueType.TEXT,
              Builder::launchCommand),
          ConfigKey.of(
              new KeyText(
                  "inputs",
                  "none",
                  "Files and folders of this machine that cells can read as `/inputs/NAME`.",
                  "input(path), input(path, name)"),
              ValueType.INPUTS,
              (builder, inputs) ->
                  inputs.forEach(input -> builder.input(input.host(), input.name()))),
          ConfigKey.of(
              new KeyText(
                  "memory-limit",
                  "none",
                  "Bytes of memory of all that the runner's code starts, itself included.",
                  "limits(most)"),
              ValueType.MEMORY,
              (builder, most) -> builder.limits(limits -> limits.withMemory(most))),
          ConfigKey.of(
              new KeyText(
                  "cpu-limit",
                  "none",
                  "Processor time that a cell may use; then it ends as at its deadline.",
                  "limits(most)"),
              ValueType.DURATION,
              (builder, most) -> builder.limits(limits -> limits.withCpuTime(most))),
          ConfigKey.of(
              new KeyText(
                  "process-limit",
                  "none",
                  "Processes and threads at once, of all that the runner's code starts.",
                  "limits(most)"),
              ValueType.COUNT,
              (builder, most) -> builder.limits(limits -> limits.withProcesses(most))),
          ConfigKey.of(
              new KeyText(
                  "open-files-limit",
                  "none",
                  "Files that one process may have open.",
                  "limits(most)"),
              ValueType.OPEN_FILES,
              (builder, most) -> builder.limits(limits -> limits.withOpenFiles(most))),
          ConfigKey.of(
              new KeyText(
                  "file-size-limit", "none", "Bytes of one file that is written.", "limits(most)"),
              ValueType.SIZE,
              (builder, most) -> builder.limits(limits -> limits.withFileSize(most))),
          ConfigKey.of(
              new KeyText(
                  "workspace-limit",
                  "none",
                  "Bytes of all files of a workspace, measured after each cell.",
                  "limits(most)"),
              ValueType.SIZE,
              (builder, most) -> builder.limits(limits -> limits.withWorkspace(most))),
          ConfigKey.of(
              new KeyText(
                  "start-timeout",
                  DurationText.of(Defaults.START_TIMEOUT),
                  "From the start of the runner until the first session is ready.",
                  "startTimeout(duration)"),
              ValueType.DURATION,
              Builder::startTimeout),
          ConfigKey.of(
              new KeyText(
                  "call-timeout",
                  DurationText.of(Defaults.CALL_TIMEOUT),
                  "How long a verb other than `execute` may take.",
                  "callTimeout(duration)"),
              ValueType.DURATION,
              Builder::callTimeout),
          ConfigKey.of(
              new KeyText(
                  "cell-timeout",
                  DurationText.of(Defaults.CELL_TIMEOUT),
                  "How long a cell may run that does not say so itself.",
                  "cellTimeout(duration), noCellTimeout()"),
              ValueType.LIMIT,
              (builder, limit) ->
                  limit.duration().ifPresentOrElse(builder::cellTimeout, builder::noCellTimeout)),
          ConfigKey.of(
              new KeyText(
                  "interrupt-grace",
                  DurationText.of(Defaults.INTERRUPT_GRACE),
                  "How long a cell may take to heed an interrupt before its kernel is killed.",
                  "interruptGrace(duration)"),
              ValueType.GRACE,
              Builder::interruptGrace),
          ConfigKey.of(
              new KeyText(
                  "tool-timeout",
                  DurationText.of(Defaults.TOOL_TIMEOUT),
                  "How long a host tool may take that does not say so itself.",
                  "toolTimeout(duration), noToolTimeout()"),
              ValueType.LIMIT,
              (builder, limit) ->
                  limit.duration().ifPresentOrElse(builder::toolTimeout, builder::noToolTimeout)),
          ConfigKey.of(
              new KeyText(
                  "checkpoint",
                  Defaults.CHECKPOINTS.wireName(),
                  "When a session's state is kept as a frozen copy.",
                  "checkpoints(policy)"),
              ValueType.oneOf(
                  "auto, always or never",
                  Arrays.stream(CheckpointPolicy.values())
                      .map(CheckpointPolicy::wireName)
                      .toList()),
              (builder, word) ->
                  builder.checkpoints(CheckpointPolicy.valueOf(word.toUpperCase(Locale.ROOT)))),
          ConfigKey.of(
              new KeyText(
                  "preload",
                  "none",
                  "Python modules that the runner imports once, for all sessions.",
                  "preload(modules)"),
              ValueType.NAMES,
              (builder, modules) -> builder.preload(modules.toArray(String[]::new))),
          ConfigKey.of(
              new KeyText(
                  "tool-threads",
                  String.valueOf(Defaults.TOOL_THREADS),
                  "How many host tools run at once.",
                  "toolThreads(n)"),
              ValueType.COUNT,
              Builder::toolThreads),
          ConfigKey.of(
              new KeyText(
                  "python-logging",
                  "off",
                  "Python's logging from this level on goes to SLF4J.",
                  "pythonLogging(level)"),
              ValueType.oneOf("DEBUG, INFO, WARNING, ERROR or CRITICAL", LEVELS),
              Builder::pythonLogging),
          ConfigKey.of(
              new KeyText(
                  "verbose",
                  "false",
                  "Whether what cells do is told on standard error while they do it.",
                  "verbose(told), verbose(sink)"),
              ValueType.FLAG,
              Builder::verbose),
          ConfigKey.of(
              new KeyText(
                  "debug-log",
                  "none",
                  "A file to which events are added as lines of JSON, without secrets.",
                  "debugLog(path)"),
              ValueType.PATH,
              Builder::debugLog),
          ConfigKey.of(
              new KeyText(
                  "evidence-directory",
                  "pyvisor-evidence-USER beside temporary files",
                  "Where reports of what hangs are kept.",
                  "evidenceDirectory(path)"),
              ValueType.PATH,
              Builder::evidenceDirectory),
          ConfigKey.of(
              new KeyText(
                  "restart",
                  "true",
                  "Whether the use that follows the death of a runner starts another.",
                  "restart(again)"),
              ValueType.FLAG,
              Builder::restart));

  private FixedKeys() {}

  private static String backend(String name) {
    List<String> names = Backends.all().stream().map(TransportProvider::name).toList();
    if (names.contains(name)) {
      return name;
    }
    throw new IllegalArgumentException(
        Quote.of(name)
            + " is no backend on the class path; those there: "
            + Backends.listed()
            + Nearest.to(name, names).question());
  }
}
