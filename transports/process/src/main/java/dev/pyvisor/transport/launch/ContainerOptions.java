package dev.pyvisor.transport.launch;

import dev.pyvisor.Defaults;
import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.transport.TransportConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * What every container of ours is made with.
 *
 * <p>Immutable.
 */
final class ContainerOptions {
  /** What podman adds to what the code sees of its environment. */
  private static final List<String> PODMANS_VARIABLES = List.of("container", "TERM", "HOSTNAME");

  private ContainerOptions() {}

  /** No network, no right to anything, nothing to write to but what is mounted. */
  static List<String> sealed(Launcher kind, ContainerUser user) {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--pull=never",
                "--network=none",
                "--cap-drop=all",
                "--security-opt=no-new-privileges",
                "--read-only",
                "--tmpfs=/tmp:rw,nosuid,nodev,mode=1777,size=" + Defaults.SANDBOX_TMP,
                "--hostname=pyvisor",
                // The runner's standard output is frames, and would all be written to a log.
                "--log-driver=none",
                "--user=" + user.uid() + ":" + user.gid()));
    if (kind == Launcher.PODMAN) {
      // podman would mount places to write to, and hand the host's proxies on with their passwords.
      options.addAll(List.of("--read-only-tmpfs=false", "--http-proxy=false"));
      PODMANS_VARIABLES.forEach(name -> options.add("--unsetenv=" + name));
      if (user.rootless()) {
        options.add("--userns=keep-id");
      }
    }
    return options;
  }

  /**
   * The limits that are the container's, and the one that always is: of processes. The others the
   * runner holds each kernel to; as the container's they would be its own limits, too.
   */
  static List<String> limited(TransportConfig config) {
    ResourceLimits limits = config.sandbox().limits();
    List<String> options = new ArrayList<>();
    options.add("--pids-limit=" + limits.processes().orElse(Defaults.SANDBOX_PROCESSES));
    limits
        .memory()
        .ifPresent(
            bytes -> {
              options.add("--memory=" + bytes);
              options.add("--memory-swap=" + bytes);
            });
    return options;
  }
}
