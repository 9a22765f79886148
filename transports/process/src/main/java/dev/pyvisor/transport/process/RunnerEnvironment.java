package dev.pyvisor.transport.process;

import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.TransportConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The environment of a runner: a short list, so that no secret of the host's gets there by
 * accident.
 *
 * <p>Immutable.
 */
public final class RunnerEnvironment {
  private static final List<String> INHERITED = List.of("PATH", "HOME", "TZ");
  private static final Map<String, String> FIXED =
      Map.of(
          "LANG",
          "C.UTF-8",
          "MPLBACKEND",
          "Agg",
          // One thread each: pools of native threads would forbid the fork that a checkpoint is.
          "OPENBLAS_NUM_THREADS",
          "1",
          "OMP_NUM_THREADS",
          "1");

  private RunnerEnvironment() {}

  /** All that a runner is given. */
  public static Map<String, String> of(TransportConfig config) {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String name : INHERITED) {
      String value = System.getenv(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    environment.putAll(FIXED);
    environment.putAll(config.environment());
    environment.put(RunnerTag.DIRECTORY, config.privateDirectory().toString());
    environment.put(RunnerTag.NAME, config.runnerId());
    return environment;
  }
}
