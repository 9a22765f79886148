package dev.pyvisor.cli;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.Trust;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.process.LocalBackend;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code pyvisor runner listen}: a runner that hosts attach to, one after another. */
@Command(
    name = "listen",
    description = {
      "Serves a runner over a websocket until it is ended. Hosts attach to it one after another;"
          + " each finds it empty."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "It is reached from this machine only, unless --address says otherwise, for which it needs"
          + " --cert and --key. Or from elsewhere: 'ssh -D 1080' to this machine, and there"
          + " --set websocket.proxy=localhost:1080.",
      "Ctrl-C ends it, with all that runs in it.",
      "Exit status: 0 no host came for the time of --detach-ttl, and that of --tombstone-ttl is over; 2 usage; 3 the runner could not be"
          + " started; 130 ended by Ctrl-C."
    })
final class ListenCommand implements Callable<Integer> {
  private static final Pattern LISTENING = Pattern.compile("\"listening\": ?\"([^\"]+)\"");
  private static final int RUNNER_USAGE = 64;

  @Option(
      names = "--address",
      defaultValue = "127.0.0.1:0",
      paramLabel = "ADDRESS:PORT",
      description = "Where to listen; port 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private String address;

  @Option(
      names = "--token-file",
      required = true,
      paramLabel = "FILE",
      description =
          "The token that a host must know, in a file that only you can read; made with a random one"
              + " if it is not there.")
  private Path tokenFile;

  @Option(
      names = "--detach-ttl",
      defaultValue = "15m",
      paramLabel = "DUR",
      description =
          "It ends when no host has been attached for so long; 24h at most. Default:"
              + " ${DEFAULT-VALUE}.")
  private String detachTtl;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description =
          "Speak TLS with this certificate and what certifies it, as PEM. Default: no TLS.")
  private @Nullable Path cert;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description =
          "With --cert: its key, as PEM, not encrypted, in a file that only you can read.")
  private @Nullable Path key;

  @Option(
      names = "--host",
      paramLabel = "NAME,…",
      description =
          "Names by which hosts dial it, other than its address and localhost. Default: none.")
  private @Nullable String hosts;

  @Option(
      names = "--unsafe-without-tls",
      description =
          "Listen on an address that others reach, though all that is said, the token too, can be read"
              + " and changed on the way.")
  private boolean unsafe;

  @Option(
      names = "--tombstone-ttl",
      defaultValue = "1h",
      paramLabel = "DUR",
      description =
          "For so long it then tells a host that was cut off and comes back too late how it ended,"
              + " with nothing left running; 24h at most, 0s: not at all. Default: ${DEFAULT-VALUE}.")
  private String tombstoneTtl;

  @Option(
      names = "--python",
      paramLabel = "PATH",
      description = "The Python interpreter, 3.9 or newer. Default: the first python3 on the PATH.")
  private @Nullable Path python;

  @Mixin private CodeLimits limits;

  @Override
  public Integer call() throws IOException, InterruptedException {
    TokenFile.make(tokenFile);
    Path directory = Files.createTempDirectory("pyvisor-listen-");
    try {
      LaunchPlan plan = plan(directory);
      try {
        return serve(plan);
      } finally {
        plan.remains().removal().run();
      }
    } finally {
      remove(directory);
    }
  }

  private LaunchPlan plan(Path directory) {
    String id = "listen-" + ProcessHandle.current().pid();
    TransportConfig config =
        new TransportConfig(
            id,
            Optional.ofNullable(python),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            directory,
            Defaults.START_TIMEOUT,
            Trust.STATED,
            limits.sandbox(),
            new ThreadRoster(id),
            Map.of());
    new LocalBackend("runner listen").requireLinux(config);
    // The leash: however this program ends, the runner does, too.
    return LocalBackend.runner(config, directory, arguments());
  }

  private List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--listen", address, "--leash"));
    arguments.addAll(List.of("--token-file", tokenFile.toAbsolutePath().toString()));
    arguments.addAll(List.of("--detach-ttl", detachTtl));
    arguments.addAll(List.of("--tombstone-ttl", tombstoneTtl));
    if (cert != null) {
      arguments.addAll(List.of("--cert", cert.toAbsolutePath().toString()));
    }
    if (key != null) {
      arguments.addAll(List.of("--key", key.toAbsolutePath().toString()));
    }
    if (hosts != null) {
      arguments.addAll(List.of("--host", hosts));
    }
    if (unsafe) {
      arguments.add("--unsafe-without-tls");
    }
    return arguments;
  }

  private int serve(LaunchPlan plan) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(plan.command()));
    builder.directory(plan.directory().toFile()).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().clear();
    builder.environment().putAll(plan.environment());
    Process runner = builder.start();
    Thread end = new Thread(() -> end(runner, plan.directory()), "runner-listen-end");
    Runtime.getRuntime().addShutdownHook(end);
    try (BufferedReader said =
        new BufferedReader(
            new InputStreamReader(runner.getInputStream(), StandardCharsets.UTF_8))) {
      String line = said.readLine();
      Matcher listening = LISTENING.matcher(line == null ? "" : line);
      if (listening.find()) {
        tell(System.out, listening.group(1));
      }
      said.transferTo(Writer.nullWriter()); // it says nothing more; the end of it is its end
    }
    int status = runner.waitFor();
    try {
      Runtime.getRuntime().removeShutdownHook(end);
    } catch (IllegalStateException ending) {
      return Failures.INTERRUPTED;
    }
    return status == 0 ? Failures.OK : status == RUNNER_USAGE ? Failures.USAGE : Failures.NO_RUNNER;
  }

  private void tell(PrintStream out, String where) {
    boolean sealed = cert != null;
    String url = (sealed ? "wss://" : "ws://") + where + "/v1/link";
    out.println("listening at " + url);
    out.println(
        "status: printf 'header = \"Authorization: Bearer %s\"' \"$(cat "
            + tokenFile
            + ")\" | curl -sS -K - "
            + (sealed ? "--cacert " + cert + " https://" : "http://")
            + where
            + "/v1/status");
    out.println(
        "attach: pyvisor exec --backend websocket --url "
            + url
            + " --token-file "
            + tokenFile
            + (sealed ? " --ca-file " + cert : "")
            + " -c 'print(6 * 7)'");
    out.println("Ctrl-C ends it");
    out.flush();
  }

  /** In good order, for which it takes two seconds at most; the leash would do the same. */
  private static void end(Process runner, Path directory) {
    runner.toHandle().destroy();
    try {
      if (!runner.waitFor(Defaults.CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
        runner.toHandle().destroyForcibly();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    remove(directory);
  }

  /** The end of the command and Ctrl-C race here; who comes second finds nothing. */
  private static synchronized void remove(Path directory) {
    try {
      if (Files.exists(directory)) {
        OwnScratch.delete(directory);
      }
    } catch (IOException left) {
      System.err.println("pyvisor: " + directory + " is left: " + left);
    }
  }
}
