package dev.pyvisor.transport.launch;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whom the code in a container runs as: never root.
 *
 * <p>Immutable.
 *
 * @param uid the user's number, inside and outside
 * @param gid the group's
 * @param rootless whether the engine runs as a user that is not root, too
 */
record ContainerUser(int uid, int gid, boolean rootless) {
  /** Nobody's: below the numbers that a system gives to services, above those of people. */
  static final int NOBODYS = 61_000;

  /**
   * The host's own user where that is not root; else the one to whom a named workspace belongs, or
   * nobody's number.
   *
   * @throws LaunchFailed when a named workspace is root's
   */
  static ContainerUser of(TransportConfig config) {
    Optional<Path> ours = config.sandbox().kept().map(KeptFolder::files);
    return of(config, config.workspace().filter(path -> !ours.equals(Optional.of(path))));
  }

  private static ContainerUser of(TransportConfig config, Optional<Path> named) {
    try {
      int uid = number(Path.of("/proc/self"), "unix:uid");
      if (uid != 0) {
        return new ContainerUser(uid, number(Path.of("/proc/self"), "unix:gid"), true);
      }
      if (named.isEmpty()) {
        return new ContainerUser(NOBODYS, NOBODYS, false);
      }
      Path workspace = named.get().toAbsolutePath();
      int owner = number(workspace, "unix:uid");
      if (owner == 0) {
        throw new LaunchFailed(
            config.runnerId(),
            ErrorCode.INVALID_ARGUMENT,
            "the workspace "
                + workspace
                + " belongs to root, as whom no code runs in a container; chown it to another user, "
                + NOBODYS
                + " for example, or leave the workspace out for a private one",
            null);
      }
      return new ContainerUser(owner, number(workspace, "unix:gid"), false);
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(),
          "whom the container's code is to run as cannot be seen: " + problem.getMessage(),
          problem);
    }
  }

  /** Gives a folder of ours to that user. */
  void own(Path folder) throws IOException {
    if (!rootless) {
      Files.setAttribute(folder, "unix:uid", uid);
      Files.setAttribute(folder, "unix:gid", gid);
    }
  }

  private static int number(Path file, String attribute) throws IOException {
    return (Integer) Files.getAttribute(file, attribute);
  }
}
