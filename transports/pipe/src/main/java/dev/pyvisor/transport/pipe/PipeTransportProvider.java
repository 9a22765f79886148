package dev.pyvisor.transport.pipe;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.transport.Trust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the runner that the jar carries, with a Python of this machine.
 *
 * <p>Thread-safe: by an atomic flag.
 */
public final class PipeTransportProvider implements TransportProvider {
  private static final Logger LOG = LoggerFactory.getLogger(PipeTransportProvider.class);
  private static final AtomicBoolean WARNED = new AtomicBoolean();

  @Override
  public String name() {
    return "pipe";
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    requireLinux(config);
    Path python = PythonLocator.locate(config.runnerId(), config.python());
    Path payload = payload(config);
    warnOnce(config);
    LaunchPlan plan =
        new LaunchPlan(
            List.of(
                python.toString(),
                "-I",
                "-S",
                payload.resolve("__main__.py").toString(),
                "supervisor"),
            RunnerEnvironment.of(config),
            config.privateDirectory());
    return PipeTransport.start(plan, config, outbound, listener);
  }

  private static Path payload(TransportConfig config) {
    if (config.payload().isPresent()) {
      return config.payload().get().toAbsolutePath();
    }
    try {
      return RunnerPayload.unpack(RunnerPayload.defaultCache());
    } catch (IOException problem) {
      LaunchFailed failure =
          new LaunchFailed(
              config.runnerId(), "the runner cannot be unpacked: " + problem.getMessage());
      failure.initCause(problem);
      throw failure;
    }
  }

  private static void requireLinux(TransportConfig config) {
    String system = System.getProperty("os.name", "");
    if (!system.toLowerCase(Locale.ROOT).contains("linux")) {
      throw new LaunchFailed(
          config.runnerId(),
          "the backend pipe runs on Linux only, this is "
              + system
              + "; reach a runner elsewhere with the backend websocket");
    }
  }

  private static void warnOnce(TransportConfig config) {
    if (config.trust() == Trust.NOT_STATED && WARNED.compareAndSet(false, true)) {
      LOG.warn(
          "the backend pipe isolates nothing: code runs with the rights of this process; call"
              + " trusted() if that is meant");
    }
  }
}
