package dev.pyvisor.cli;

import dev.pyvisor.Defaults;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.config.Setting;
import dev.pyvisor.contract.matrix.MatrixJson;
import dev.pyvisor.contract.matrix.MatrixText;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pyvisor contract}: holds a backend against the contract suite. */
@Command(
    name = "contract",
    description = {
      "Runs the contract suite against a backend and prints what it shows of which rule.",
      "Contracts that need more than the backend states of itself are skipped, with the reason."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "It takes some minutes, and a machine that is otherwise idle: some contracts keep every core"
          + " busy.",
      "Exit status: 0 nothing failed; 1 some test failed; 2 usage; 3 the runner could not be started"
          + " or reached."
    })
final class ContractCommand implements Callable<Integer> {
  @Option(
      names = "--backend",
      paramLabel = "NAME",
      description =
          "The backend. Default: that of the configuration, else " + Defaults.BACKEND + ".")
  private @Nullable String backend;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      description =
          "An interpreter; several may be given. Default: that of the configuration, else the first"
              + " python3 on the PATH.")
  private List<Path> pythons = List.of();

  @Option(
      names = "--only",
      paramLabel = "CONTRACT",
      split = ",",
      description = "Only these, separated by commas, by the names that a matrix has.")
  private Set<String> only = Set.of();

  @Option(names = "--json", description = "One JSON object instead of the table.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Also a page for a browser.")
  private @Nullable Path html;

  @Mixin private ConfigOptions config;

  @Override
  public Integer call() throws Exception {
    Configuration configuration = config.read();
    String name =
        backend == null ? setting(configuration, "backend").orElse(Defaults.BACKEND) : backend;
    List<Path> chosen =
        pythons.isEmpty()
            ? setting(configuration, "python").stream().map(Path::of).toList()
            : pythons;
    ContractCheck check = ContractCheck.of(name, chosen, only, configuration);
    return OwnScratch.during(
        () -> check.run(json ? MatrixJson::of : MatrixText::of, Optional.ofNullable(html)));
  }

  /** What somebody set for a key, wherever it was written. */
  private static Optional<String> setting(Configuration configuration, String key) {
    return configuration.settings().stream()
        .filter(setting -> setting.key().equals(key))
        .map(Setting::value)
        .findFirst();
  }
}
