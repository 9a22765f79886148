package dev.pyvisor.transport.launch;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a client's private directory holds for a container: the folder that the runner may write to,
 * the runner itself, and the variables of its environment. The rest of the private directory is not
 * seen inside.
 *
 * <p>Immutable.
 *
 * @param user whom the code inside runs as
 * @param runners the runner's own private directory, which it sees under the same name
 * @param payload the runner's files
 * @param variables the environment, where only this user can read it; no command line has it
 */
record ContainerFolder(ContainerUser user, Path runners, Path payload, Path variables) {

  /**
   * Makes what is not there: a runner that follows a dead one finds that one's workspaces again.
   *
   * @throws LaunchFailed when it cannot be made, or a variable cannot be handed over
   */
  static ContainerFolder of(
      TransportConfig config, ContainerUser user, Map<String, String> variables) {
    Path inside = config.privateDirectory().toAbsolutePath();
    ContainerFolder folder =
        new ContainerFolder(
            user,
            inside.resolve("runner"),
            config.payload().map(Path::toAbsolutePath).orElse(inside.resolve("runner.pyz")),
            inside.resolve("variables"));
    try {
      Files.createDirectories(
          folder.runners,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      user.own(folder.runners);
      if (config.payload().isEmpty()) {
        // The one of a runner before is not for writing, not even by this user.
        Files.deleteIfExists(folder.payload);
        Files.write(folder.payload, RunnerPayload.bytes());
        Files.setPosixFilePermissions(folder.payload, PosixFilePermissions.fromString("r--r--r--"));
      }
      folder.write(config, variables);
    } catch (IOException problem) {
      throw new LaunchFailed(
          config.runnerId(),
          "the container's folder cannot be made: " + problem.getMessage(),
          problem);
    }
    return folder;
  }

  private void write(TransportConfig config, Map<String, String> environment) throws IOException {
    write(config, variables, environment);
  }

  /** Writes the variables to a file that only this user can read. */
  static void write(TransportConfig config, Path variables, Map<String, String> environment)
      throws IOException {
    StringBuilder lines = new StringBuilder();
    new TreeMap<>(environment)
        .forEach(
            (name, value) -> {
              if (value.indexOf('\n') >= 0 || value.indexOf('\r') >= 0) {
                throw new LaunchFailed(
                    config.runnerId(),
                    ErrorCode.INVALID_ARGUMENT,
                    "the variable "
                        + name
                        + " has a line break in its value, and a container is given its variables"
                        + " as lines; hand it over as base64, or as a file in the workspace",
                    null);
              }
              lines.append(name).append('=').append(value).append('\n');
            });
    Files.deleteIfExists(variables);
    Files.createFile(
        variables,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.write(
        variables, lines.toString().getBytes(StandardCharsets.UTF_8), StandardOpenOption.WRITE);
  }
}
