package dev.pyvisor.author;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.RunnerTag;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/** Starts a runner whose standard input and output are one socket, which it connects to itself. */
public final class SocketTransportProvider implements TransportProvider {
  /** Becomes the runner once it is connected; standard error stays what it was. */
  private static final String CONNECT =
      """
      import os, socket, sys
      link = socket.socket(socket.AF_UNIX)
      link.connect(sys.argv[1])
      os.dup2(link.fileno(), 0)
      os.dup2(link.fileno(), 1)
      os.execv(sys.executable, [sys.executable, '-I', '-S', sys.argv[2], 'supervisor'])
      """;

  @Override
  public String name() {
    return "socket";
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    Path address = near(config.privateDirectory().resolve("link-" + config.runnerId()));
    try {
      Path payload =
          config.payload().isPresent()
              ? config.payload().get()
              : RunnerPayload.unpack(RunnerPayload.defaultCache());
      ProcessBuilder runner =
          new ProcessBuilder(
              config.python().map(Path::toString).orElse("python3"),
              "-I",
              "-S",
              "-c",
              CONNECT,
              // The runner begins beside it.
              address.getFileName().toString(),
              payload.toAbsolutePath().resolve("__main__.py").toString());
      runner.directory(config.privateDirectory().toFile());
      environment(runner.environment(), config);
      return SocketTransport.start(runner, address, config, outbound, listener);
    } catch (IOException problem) {
      throw new LaunchFailed(config.runnerId(), problem.toString(), problem);
    }
  }

  /** The system takes at most 107 bytes as the address of a socket, and folders may lie deep. */
  private static Path near(Path address) {
    Path relative = Path.of("").toAbsolutePath().relativize(address.toAbsolutePath());
    return relative.toString().length() < address.toString().length() ? relative : address;
  }

  private static void environment(Map<String, String> environment, TransportConfig config) {
    environment.keySet().retainAll(java.util.Set.of("PATH", "HOME", "TZ"));
    environment.put("LANG", "C.UTF-8");
    environment.putAll(config.environment());
    environment.put(RunnerTag.NAME, config.runnerId());
    environment.put(RunnerTag.DIRECTORY, config.privateDirectory().toString());
  }
}
