package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Whether bwrap makes sandboxes on this machine: it is tried.
 *
 * <p>Thread-safe: by a concurrent set.
 */
final class BubblewrapProbe {
  private static final String PROGRAM = "bwrap";
  private static final String INSTALL =
      "bwrap is not on the PATH; install bubblewrap (apt-get install bubblewrap, dnf install"
          + " bubblewrap)";

  /** Those that made a sandbox. One that did not is tried again: it may have been mended. */
  private static final Set<Path> USABLE = ConcurrentHashMap.newKeySet();

  private BubblewrapProbe() {}

  /** The program of the PATH. */
  static Optional<Path> program() {
    return Program.find(PROGRAM);
  }

  static Optional<String> obstacle() {
    Optional<Path> program = program();
    return program.isEmpty() ? Optional.of(INSTALL) : obstacle(program.get());
  }

  private static Optional<String> obstacle(Path program) {
    if (USABLE.contains(program)) {
      return Optional.empty();
    }
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(BubblewrapOptions.system());
    command.addAll(BubblewrapOptions.seal());
    command.addAll(List.of("--", "/bin/sh", "-c", "exit 0"));
    try {
      Commands.Result result = Commands.run(command, Map.of());
      if (!result.succeeded()) {
        return Optional.of(
            program + " makes no sandbox (" + result.complaint() + "); " + fix(result.err()));
      }
    } catch (IOException problem) {
      return Optional.of(program + " cannot be started: " + problem.getMessage());
    }
    USABLE.add(program);
    return Optional.empty();
  }

  /** What would mend it, by what bwrap said and by what the system forbids. */
  static String fix(String said) {
    return fix(said, BubblewrapProbe::setting);
  }

  /** {@code settings}: the content of a file below /proc/sys. */
  static String fix(String said, UnaryOperator<String> settings) {
    if (said.contains("nknown option")) {
      return "it is too old, 0.7 or newer is needed";
    }
    if (said.contains("mount proc")) {
      return "this process is in a container that hides parts of /proc; start that with"
          + " --security-opt systempaths=unconfined, or choose another launcher in it";
    }
    if (settings.apply("user/max_user_namespaces").equals("0")) {
      return "the system allows no user namespaces; sysctl -w user.max_user_namespaces=15000";
    }
    if (settings.apply("kernel/unprivileged_userns_clone").equals("0")) {
      return "the system allows users no namespaces; sysctl -w kernel.unprivileged_userns_clone=1";
    }
    if (settings.apply("kernel/apparmor_restrict_unprivileged_userns").equals("1")) {
      return "AppArmor allows users no namespaces; give bwrap a profile with 'userns,', or sysctl -w"
          + " kernel.apparmor_restrict_unprivileged_userns=0";
    }
    return "a container must be allowed to make namespaces (podman and docker: --security-opt"
        + " seccomp=unconfined), or choose another launcher";
  }

  private static String setting(String name) {
    try {
      return Files.readString(Path.of("/proc/sys").resolve(name)).strip();
    } catch (IOException none) {
      return "";
    }
  }
}
