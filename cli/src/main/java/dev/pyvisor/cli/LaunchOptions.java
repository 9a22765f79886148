package dev.pyvisor.cli;

import dev.pyvisor.Defaults;
import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.config.Setting;
import dev.pyvisor.transport.launch.Launchers;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How the runner is started, and so what its code can reach. */
final class LaunchOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--launcher",
      paramLabel = "NAME",
      description =
          "How the runner is started: process (isolates nothing), bubblewrap, podman, docker or"
              + " command; pyvisor doctor says which can be used. Default: process; with the backend"
              + " websocket, and for pyvisor mcp, the strongest that isolates.")
  private @Nullable String launcher;

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      description = "The image of the container, for podman and docker: any with a python3.")
  private @Nullable String image;

  /** Refuses a name that is none. */
  void check() {
    if (launcher != null && !Launcher.words().contains(launcher)) {
      throw new ParameterException(
          command.commandLine(),
          "--launcher '"
              + launcher
              + "' is unknown; usable: "
              + String.join(", ", Launcher.words()));
    }
  }

  /** Those that were given, by their names. */
  List<String> given() {
    List<String> given = new ArrayList<>();
    if (launcher != null) {
      given.add("--launcher");
    }
    if (image != null) {
      given.add("--image");
    }
    return given;
  }

  /** Whether cells will run where this process's own files are. */
  boolean isolatesNothing(Configuration configuration, @Nullable String backend) {
    Optional<String> chosen =
        Optional.ofNullable(launcher).or(() -> setting(configuration, "launcher"));
    String reached =
        Optional.ofNullable(backend)
            .or(() -> setting(configuration, "backend"))
            .orElse(Defaults.BACKEND);
    return chosen
        .map(word -> word.equals(Launcher.PROCESS.word()))
        .orElse(!reached.equals("websocket"));
  }

  /**
   * Has the code isolated where nobody says how it is to be started.
   *
   * @param who what asks for that
   * @throws dev.pyvisor.error.LaunchFailed where nothing on this machine isolates
   */
  void isolate(SupervisorClient.Builder builder, Configuration configuration, String who) {
    if (launcher == null && setting(configuration, "launcher").isEmpty()) {
      boolean chosen = image != null || setting(configuration, "image").isPresent();
      builder.launcher(Launchers.strongest(who, chosen, who));
    }
  }

  void applyTo(SupervisorClient.Builder builder) {
    if (launcher != null) {
      builder.launcher(Launcher.values()[Launcher.words().indexOf(launcher)]);
    }
    if (image != null) {
      builder.image(image);
    }
  }

  private static Optional<String> setting(Configuration configuration, String key) {
    return configuration.settings().stream()
        .filter(setting -> setting.key().equals(key))
        .map(Setting::value)
        .findFirst();
  }
}
