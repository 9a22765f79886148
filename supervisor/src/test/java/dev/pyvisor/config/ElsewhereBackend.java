package dev.pyvisor.config;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.BackendOption;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Secrecy;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import java.util.List;

/** A backend with options of its own, one of them secret; it leads nowhere. */
public final class ElsewhereBackend implements TransportProvider {
  @Override
  public String name() {
    return "elsewhere";
  }

  @Override
  public List<BackendOption> options() {
    return List.of(
        new BackendOption("address", "Where it is."),
        new BackendOption("token", "What it asks for.", Secrecy.SECRET));
  }

  @Override
  public Transport open(TransportConfig config, FrameSource outbound, TransportListener listener) {
    throw new LaunchFailed(config.runnerId(), "it leads nowhere");
  }
}
