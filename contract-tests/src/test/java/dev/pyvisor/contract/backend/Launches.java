package dev.pyvisor.contract.backend;

import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.launcher.LauncherSession;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.core.LauncherConfig;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** Tests within a test: of them one listener is told, and none of those on the class path. */
final class Launches {
  private Launches() {}

  static void run(DiscoverySelector tests, TestExecutionListener listener) {
    LauncherConfig alone =
        LauncherConfig.builder().enableTestExecutionListenerAutoRegistration(false).build();
    try (LauncherSession session = LauncherFactory.openSession(alone)) {
      session
          .getLauncher()
          .execute(LauncherDiscoveryRequestBuilder.request().selectors(tests).build(), listener);
    }
  }
}
