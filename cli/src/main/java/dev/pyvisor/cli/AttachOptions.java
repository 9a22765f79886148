package dev.pyvisor.cli;

import dev.pyvisor.SupervisorClient;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A runner that somebody else has started. */
final class AttachOptions {
  private static final String BACKEND = "websocket";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--url",
      paramLabel = "ws[s]://…",
      description =
          "With the backend websocket: attach to the runner that listens there (pyvisor runner"
              + " listen); it stays when this command ends. Without: one is started.")
  private @Nullable String url;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = "With --url: the file with that runner's token; only you may read it.")
  private @Nullable String tokenFile;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description =
          "With --url wss://…: the authorities that may certify that runner, as PEM. Default: those"
              + " that Java trusts.")
  private @Nullable String caFile;

  @Option(
      names = "--pin",
      paramLabel = "sha256/…",
      description = "With --url wss://…: the key that its certificate must have. Default: any.")
  private @Nullable String pin;

  boolean given() {
    return url != null;
  }

  /**
   * Refuses what does not go together, by what to change.
   *
   * @param decided options that were given and are about a runner that is started
   */
  void check(@Nullable String backend, List<String> decided) {
    if (url == null) {
      if (tokenFile != null) {
        throw refused("--token-file is for --url; give both, or leave it out");
      }
      if (caFile != null || pin != null) {
        throw refused(
            (pin == null ? "--ca-file" : "--pin")
                + " is for --url wss://…; give it, or leave it out");
      }
      return;
    }
    if (tokenFile == null) {
      throw refused("--url needs --token-file, the file that the runner was started with");
    }
    if (backend != null && !backend.equals(BACKEND)) {
      throw refused("--url is for --backend " + BACKEND + ", not " + backend + "; leave one out");
    }
    if (!decided.isEmpty()) {
      throw refused(
          String.join(" and ", decided)
              + " cannot be chosen for the runner at --url, which runs already; leave it out");
    }
  }

  void applyTo(SupervisorClient.Builder builder) {
    if (url != null && tokenFile != null) {
      builder
          .backend(BACKEND)
          .backendOption("websocket.url", url)
          .backendOption("websocket.tokenFile", tokenFile);
      if (caFile != null) {
        builder.backendOption("websocket.caFile", caFile);
      }
      if (pin != null) {
        builder.backendOption("websocket.pin", pin);
      }
    }
  }

  private ParameterException refused(String why) {
    return new ParameterException(command.commandLine(), why);
  }
}
