package dev.pyvisor.transport.pipe;

import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import dev.pyvisor.transport.launch.LaunchPlan;
import dev.pyvisor.transport.process.LocalBackend;
import dev.pyvisor.transport.process.ProcessTransport;
import java.util.List;

/**
 * Starts the runner that the jar carries, with a Python of this machine.
 *
 * <p>Thread-safe: it holds no state of its own.
 */
public final class PipeTransportProvider implements TransportProvider {
  private static final LocalBackend LOCAL = new LocalBackend("pipe");

  @Override
  public String name() {
    return "pipe";
  }

  @Override
  public boolean launches() {
    return true;
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    LOCAL.requireLinux(config);
    LaunchPlan plan = LocalBackend.runner(config, config.privateDirectory(), List.of("supervisor"));
    LOCAL.warnOnce(config);
    return ProcessTransport.start(
        plan, config, new FrameConversation(config.runnerId(), plan, outbound, listener), listener);
  }
}
