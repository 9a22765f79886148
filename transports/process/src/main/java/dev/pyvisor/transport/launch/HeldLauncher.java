package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.RunnerTag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A launcher whose runners hold their code to limits.
 *
 * <p>The control groups are made here, outside of the sandbox, and a shell opens their files before
 * it becomes what the launcher starts: so a runner that sees no such file can let its kernels join,
 * and no code in it can change what the groups allow. What no group holds the runner does by limits
 * of each process; what it cannot hold to it refuses, and does not start.
 *
 * <p>Immutable.
 */
public final class HeldLauncher implements RunnerLauncher {
  private static final String MEMORY = "memory";
  private static final String PROCESSES = "pids";
  private static final String SHELL = "/bin/sh";

  /** The first of the descriptors that the shell opens; it knows numbers of one digit only. */
  private static final int FIRST = 6;

  private final RunnerLauncher launcher;
  private final ControlGroups groups;

  /** {@code launcher}: what starts the runner. */
  public HeldLauncher(RunnerLauncher launcher, ControlGroups groups) {
    this.launcher = launcher;
    this.groups = groups;
  }

  @Override
  public Launcher kind() {
    return launcher.kind();
  }

  @Override
  public Optional<String> obstacle() {
    return launcher.obstacle();
  }

  @Override
  public LaunchPlan plan(RunnerStart start) {
    ResourceLimits limits = start.config().sandbox().limits();
    if (limits.equals(ResourceLimits.none())) {
      return launcher.plan(start);
    }
    return switch (kind()) {
      case PROCESS, BUBBLEWRAP -> grouped(start, limits);
      case PODMAN, DOCKER -> launcher.plan(told(start, AllowanceText.outside(limits)));
      // It refuses: nobody knows what it starts, and where.
      case COMMAND -> launcher.plan(start);
    };
  }

  private LaunchPlan grouped(RunnerStart start, ResourceLimits limits) {
    KernelGroup group = group(start, limits);
    try {
      List<Path> joins = group.joins();
      int counter = FIRST + joins.size();
      StringBuilder text =
          new StringBuilder(AllowanceText.of(limits, group.holds(MEMORY), group.holds(PROCESSES)));
      for (int fd = FIRST; fd < counter; fd++) {
        text.append(" join=").append(fd);
      }
      group.counter().ifPresent(file -> text.append(" count=").append(counter));
      LaunchPlan plan = launcher.plan(told(start, text.toString()));
      return joins.isEmpty() ? plan : plan.within(shell(group, plan), group.beside(plan.remains()));
    } catch (RuntimeException | Error failed) {
      group.remove();
      throw failed;
    }
  }

  private KernelGroup group(RunnerStart start, ResourceLimits limits) {
    Map<String, Long> wanted = new LinkedHashMap<>();
    limits.memory().ifPresent(bytes -> wanted.put(MEMORY, bytes));
    limits.processes().ifPresent(count -> wanted.put(PROCESSES, (long) count));
    try {
      return KernelGroup.make(groups, wanted);
    } catch (IOException problem) {
      throw new LaunchFailed(
          start.config().runnerId(),
          "no control group can be made for the limits of the code ("
              + problem
              + "); mend that, or leave out memory-limit and process-limit",
          problem);
    }
  }

  private static RunnerStart told(RunnerStart start, String allowance) {
    Map<String, String> environment = new LinkedHashMap<>(start.environment());
    environment.put(RunnerTag.ALLOWANCE, allowance);
    return new RunnerStart(
        start.config(), start.arguments(), environment, start.directory(), start.tokenFile());
  }

  /** {@code plan}, with the group's files open. */
  private static List<String> shell(KernelGroup group, LaunchPlan plan) {
    List<String> files = new ArrayList<>();
    StringBuilder script = new StringBuilder("exec");
    int fd = FIRST;
    for (Path file : group.joins()) {
      files.add(file.toString());
      script.append(' ').append(fd++).append(">\"$").append(files.size()).append('"');
    }
    if (group.counter().isPresent()) {
      files.add(group.counter().get().toString());
      script.append(' ').append(fd).append("<\"$").append(files.size()).append('"');
    }
    script.append(" && shift ").append(files.size()).append(" && exec \"$@\"");
    List<String> command = new ArrayList<>(List.of(SHELL, "-c", script.toString(), "pyvisor"));
    command.addAll(files);
    command.addAll(plan.command());
    return command;
  }
}
