package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.TransportConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A process of this machine in namespaces of its own: no network, no file of anybody's but programs
 * and libraries, which it cannot change, its workspace, and a /tmp that ends with it.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class BubblewrapLauncher implements RunnerLauncher {
  @Override
  public Launcher kind() {
    return Launcher.BUBBLEWRAP;
  }

  @Override
  public Optional<String> obstacle() {
    return BubblewrapProbe.obstacle();
  }

  @Override
  public LaunchPlan plan(RunnerStart start) {
    TransportConfig config = start.config();
    obstacle()
        .ifPresent(
            why -> {
              throw new LaunchFailed(config.runnerId(), "no runner in bubblewrap: " + why);
            });
    SandboxPython python = SandboxPython.of(config);
    SandboxFolder folder = SandboxFolder.of(config, BubblewrapOptions.HOME);
    Path runner = RunnerFiles.of(config);

    List<String> command = new ArrayList<>();
    command.add(BubblewrapProbe.program().orElseThrow().toString());
    command.addAll(BubblewrapOptions.system());
    command.addAll(List.of("--ro-bind", folder.passwd().toString(), "/etc/passwd"));
    command.addAll(List.of("--ro-bind", folder.group().toString(), "/etc/group"));
    command.addAll(binds(start, python, folder, runner));
    command.addAll(BubblewrapOptions.seal());
    command.addAll(List.of("--chdir", beginning(start, folder).toString(), "--"));
    command.addAll(
        List.of(
            python.executable().toString(), "-I", "-S", runner.resolve("__main__.py").toString()));
    command.addAll(Inherited.arguments(start));
    return new LaunchPlan(
        Inherited.by(python.executable(), runner, start, command),
        environment(start, python, folder),
        start.directory(),
        Remains.DIRECTORY,
        Optional.of(python.executable()));
  }

  private static List<String> binds(
      RunnerStart start, SandboxPython python, SandboxFolder folder, Path runner) {
    TransportConfig config = start.config();
    Binds binds = new Binds(config.runnerId(), config.privateDirectory().toAbsolutePath());
    python.paths().forEach(path -> binds.readOnly("the interpreter's folder", path));
    binds.readOnly("the runner's folder", runner);
    Set<Path> workspaces = new LinkedHashSet<>();
    config.workspace().ifPresent(path -> workspaces.add(path.toAbsolutePath().normalize()));
    Path beginning = beginning(start, folder);
    if (!beginning.equals(folder.runners())) {
      workspaces.add(beginning);
    }
    workspaces.forEach(path -> binds.writable("the workspace", path));
    binds.writable("the runner's private directory", folder.runners());
    config.sandbox().inputs().forEach(binds::input);
    return binds.options();
  }

  /** Of the private directory itself nothing is seen; a backend may name another folder. */
  private static Path beginning(RunnerStart start, SandboxFolder folder) {
    return start.directory().equals(start.config().privateDirectory())
        ? folder.runners()
        : start.directory().toAbsolutePath().normalize();
  }

  /** bwrap hands its own on: nothing of it stands in a command line, where others could read it. */
  private static Map<String, String> environment(
      RunnerStart start, SandboxPython python, SandboxFolder folder) {
    Map<String, String> environment = new LinkedHashMap<>(start.environment());
    environment.put("PATH", python.executable().getParent() + ":/usr/local/bin:/usr/bin:/bin");
    environment.put("HOME", BubblewrapOptions.HOME);
    // What this process's own say is not there inside; what was chosen is meant.
    environment.putAll(start.config().environment());
    environment.put(RunnerTag.CONFINE, "1");
    environment.put(RunnerTag.DIRECTORY, folder.runners().toString());
    return environment;
  }
}
