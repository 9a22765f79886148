package dev.pyvisor.cli;

import dev.pyvisor.config.Configuration;
import dev.pyvisor.config.ConfigurationException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Settings that are no options: of a document, of the environment, and single ones. */
final class ConfigOptions {
  @Option(
      names = "--config",
      paramLabel = "FILE",
      description =
          "A document with settings, .yaml or .json; docs/configuration.md lists the keys. A"
              + " PYVISOR_... variable wins over it, --set over both, any other option over all.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets one key as in a document; may be given several times.")
  private List<String> assignments = new ArrayList<>();

  /**
   * What all of them say.
   *
   * @throws ConfigurationException with what is wrong in any of them
   */
  Configuration read() {
    List<String> problems = new ArrayList<>();
    Configuration read = Configuration.empty();
    if (file != null) {
      Path document = file;
      read = with(read, before -> Configuration.load(document), problems);
    }
    read = with(read, before -> before.withEnvironment(System.getenv()), problems);
    read = with(read, before -> before.with(assignments.toArray(String[]::new)), problems);
    if (!problems.isEmpty()) {
      throw new ConfigurationException(problems);
    }
    return read;
  }

  /** Whether somebody asked for settings in so many words. */
  boolean given() {
    return file != null || !assignments.isEmpty();
  }

  private static Configuration with(
      Configuration before, UnaryOperator<Configuration> layer, List<String> problems) {
    try {
      return layer.apply(before);
    } catch (ConfigurationException refused) {
      problems.addAll(refused.problems());
      return before;
    }
  }
}
