package dev.pyvisor.cli;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.FarSide;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** A backend as it states itself, with clients that are configured. */
record ConfiguredBackend(BackendUnderTest stated, Configuration configuration)
    implements BackendUnderTest {

  @Override
  public String name() {
    return stated.name();
  }

  @Override
  public Set<Capability> capabilities() {
    return stated.capabilities();
  }

  @Override
  public void verifyPath(FarSide runner) {
    stated.verifyPath(runner);
  }

  @Override
  public Map<String, String> options(Path python) {
    Map<String, String> options = new LinkedHashMap<>(stated.options(python));
    String prefix = name() + ".";
    configuration.settings().stream()
        .filter(setting -> setting.key().startsWith(prefix))
        .forEach(setting -> options.put(setting.key().substring(prefix.length()), setting.value()));
    return options;
  }

  /** The row says which backend and which interpreter it is, whatever the configuration says. */
  @Override
  public SupervisorClient.Builder client(Path python) {
    return stated
        .client(python)
        .configuration(configuration.with("backend=" + name(), "python=" + python));
  }
}
