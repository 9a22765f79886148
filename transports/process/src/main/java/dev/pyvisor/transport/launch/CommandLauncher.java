package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.TransportConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Whatever a command line of the user's starts, such as ssh, kubectl or srun: its standard streams
 * are the runner's. No shell reads it, and what is put in the place of a name stays one word.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class CommandLauncher implements RunnerLauncher {
  private static final String KEY = "launch-command";
  private static final Pattern NAME = Pattern.compile("\\$\\{([^}]*)}");
  private static final String ARGUMENTS = "arguments";

  @Override
  public Launcher kind() {
    return Launcher.COMMAND;
  }

  /** Whether the program is there is seen when one is named. */
  @Override
  public Optional<String> obstacle() {
    return Optional.empty();
  }

  @Override
  public LaunchPlan plan(RunnerStart start) {
    TransportConfig config = start.config();
    String line =
        config
            .sandbox()
            .command()
            .orElseThrow(
                () ->
                    refused(
                        config,
                        "the launcher command needs "
                            + KEY
                            + ", such as 'ssh box python3 -I -S runner.pyz ${arguments}'"));
    if (start.tokenFile().isPresent()) {
      throw refused(
          config,
          "the launcher command speaks with its runner over its standard streams, for which there is"
              + " the backend pipe; a runner that listens elsewhere is reached by websocket.url");
    }
    if (!config.sandbox().limits().equals(ResourceLimits.none())) {
      throw refused(
          config,
          "limits are not enforced where a command of yours starts the runner; set them in that"
              + " command, and leave them out here");
    }
    return new LaunchPlan(
        words(start, line), start.environment(), start.directory(), Remains.DIRECTORY);
  }

  private static List<String> words(RunnerStart start, String line) {
    Map<String, Supplier<String>> values = values(start);
    List<String> words = new ArrayList<>();
    boolean told = false;
    for (String word : CommandWords.of(start.config().runnerId(), KEY, line)) {
      if (word.equals("${" + ARGUMENTS + "}")) {
        words.addAll(start.arguments());
        told = true;
      } else {
        words.add(replaced(start.config(), word, values));
      }
    }
    if (!told) {
      throw refused(
          start.config(),
          KEY
              + " '"
              + line
              + "' has no word ${"
              + ARGUMENTS
              + "}, so the runner would not know what to do; put it behind the runner's file");
    }
    return words;
  }

  /** Only what is named is made: not every machine has a Python. */
  private static Map<String, Supplier<String>> values(RunnerStart start) {
    TransportConfig config = start.config();
    Map<String, Supplier<String>> values = new TreeMap<>();
    values.put("id", config::runnerId);
    values.put("python", () -> PythonLocator.locate(config.runnerId(), config.python()).toString());
    values.put("runner", () -> RunnerFiles.of(config).resolve("__main__.py").toString());
    values.put("directory", () -> start.directory().toString());
    values.put(
        "workspace",
        () -> config.workspace().map(Path::toAbsolutePath).orElse(start.directory()).toString());
    return values;
  }

  private static String replaced(
      TransportConfig config, String word, Map<String, Supplier<String>> values) {
    Matcher names = NAME.matcher(word);
    StringBuilder replaced = new StringBuilder();
    while (names.find()) {
      Supplier<String> value = values.get(names.group(1));
      if (value == null) {
        throw refused(
            config,
            KEY
                + ": '"
                + names.group()
                + "' stands for nothing; there are ${"
                + ARGUMENTS
                + "} as a word of its own, and ${"
                + String.join("}, ${", values.keySet())
                + "}");
      }
      names.appendReplacement(replaced, Matcher.quoteReplacement(value.get()));
    }
    return names.appendTail(replaced).toString();
  }

  private static LaunchFailed refused(TransportConfig config, String why) {
    return new LaunchFailed(config.runnerId(), ErrorCode.INVALID_ARGUMENT, why, null);
  }
}
