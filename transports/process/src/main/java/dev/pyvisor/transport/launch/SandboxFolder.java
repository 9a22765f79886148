package dev.pyvisor.transport.launch;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * What a client's private directory holds for a sandbox: a folder that the runner sees under the
 * same name and may write to, and small files that stand in for the system's own. The rest of the
 * private directory, the token in it, is not seen inside.
 *
 * <p>Immutable.
 *
 * @param runners the runner's own private directory: workspaces that nobody named, and its stacks
 * @param passwd names the one user that there is inside
 * @param group the same for its group
 */
record SandboxFolder(Path runners, Path passwd, Path group) {
  /** Whom the code inside runs as. It is nobody's number outside. */
  static final int USER = 1000;

  private static final String NAME = "pyvisor";

  /**
   * Makes what is not there: a runner that follows a dead one finds that one's workspaces again.
   *
   * @throws LaunchFailed when it cannot be made
   */
  static SandboxFolder of(TransportConfig config, String home) {
    Path inside = config.privateDirectory().toAbsolutePath();
    SandboxFolder folder =
        new SandboxFolder(
            inside.resolve(RunnerTag.SANDBOXED), inside.resolve("passwd"), inside.resolve("group"));
    FileAttribute<Set<PosixFilePermission>> ours =
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    try {
      Files.createDirectories(folder.runners, ours);
      Files.writeString(
          folder.passwd,
          NAME
              + ":x:"
              + USER
              + ":"
              + USER
              + "::"
              + home
              + ":/bin/sh\n"
              + "nobody:x:65534:65534::/nonexistent:/bin/false\n");
      Files.writeString(folder.group, NAME + ":x:" + USER + ":\nnogroup:x:65534:\n");
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(),
          "the sandbox's folder cannot be made: " + problem.getMessage(),
          problem);
    }
    return folder;
  }
}
