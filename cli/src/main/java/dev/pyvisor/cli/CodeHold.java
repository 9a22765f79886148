package dev.pyvisor.cli;

import dev.pyvisor.transport.launch.ControlGroups;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What holds code to which limit on this machine, for {@code pyvisor doctor}. */
final class CodeHold {
  private CodeHold() {}

  static List<String> ofThisMachine() {
    ControlGroups groups = ControlGroups.ofThisMachine();
    return lines(groups.memory(), groups.processes(), System.getProperty("user.name", ""));
  }

  /** Where this process may make groups for memory and for processes, and who runs it. */
  static List<String> lines(Optional<String> memory, Optional<String> processes, String user) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "memory-limit      "
            + memory.orElse(
                "limit of addresses of each process (RLIMIT_AS): no control group can be made"
                    + " here; run as root, or as a user to whom systemd delegates one"
                    + " (systemd-run --user --scope -p Delegate=yes)"));
    lines.add(
        "process-limit     "
            + processes.orElse(
                user.equals("root")
                    ? "refused: no control group can be made here, and the system holds root to"
                        + " no number; run as another user"
                    : "limit of all processes of this user (RLIMIT_NPROC), those of others"
                        + " beside the runner included"));
    lines.add("cpu-limit         timer of the supervisor on the kernel's clock");
    lines.add("open-files-limit  limit of each process (RLIMIT_NOFILE)");
    lines.add("file-size-limit   limit of each process (RLIMIT_FSIZE)");
    lines.add(
        "workspace-limit   measured after each cell, and told; for a limit that holds, name a"
            + " workspace on a file system of that size");
    lines.add(
        "(with the launchers process and bubblewrap; containers hold memory and processes"
            + " themselves)");
    return lines;
  }
}
