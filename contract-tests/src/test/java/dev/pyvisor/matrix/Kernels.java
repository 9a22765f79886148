package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The kernels of a runner, as its status tells them. */
final class Kernels {
  private static final Pattern PID = Pattern.compile("\"pid\":\\s*(\\d+)");

  private Kernels() {}

  /** The process of the only session's kernel. */
  static ProcessHandle only(SupervisorClient client) {
    String status = client.request("status", "{}");
    Matcher pid = PID.matcher(status);
    if (!pid.find()) {
      throw new AssertionError("no kernel's pid in " + status);
    }
    return ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow();
  }
}
