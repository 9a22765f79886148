package dev.pyvisor.cli;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.pyvisor.diagnosis.ManagedClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Another JVM, asked through the attach API and its local management agent, which stays there. */
final class HostJvm {
  private HostJvm() {}

  /**
   * Has each of its clients write a hang report; returns the folders. May block for as long as the
   * JVM does not answer.
   *
   * @param patience for a client that has been open for less than a second and is not shown yet
   */
  static List<Path> reports(long pid, Duration patience)
      throws IOException, JMException, AttachNotSupportedException, InterruptedException {
    VirtualMachine jvm = VirtualMachine.attach(Long.toString(pid));
    try (JMXConnector connector =
        JMXConnectorFactory.connect(new JMXServiceURL(jvm.startLocalManagementAgent()))) {
      MBeanServerConnection beans = connector.getMBeanServerConnection();
      List<Path> folders = new ArrayList<>();
      for (ObjectName client : clients(beans, patience)) {
        folders.add(Path.of((String) beans.invoke(client, "hangReport", null, null)));
      }
      return folders;
    } finally {
      jvm.detach();
    }
  }

  private static Set<ObjectName> clients(MBeanServerConnection beans, Duration patience)
      throws IOException, JMException, InterruptedException {
    ObjectName pattern = new ObjectName(ManagedClient.NAMES + "*");
    CountDownLatch shown = new CountDownLatch(1);
    beans.addNotificationListener(
        MBeanServerDelegate.DELEGATE_NAME,
        (said, ignored) -> {
          if (said instanceof MBeanServerNotification change
              && pattern.apply(change.getMBeanName())) {
            shown.countDown();
          }
        },
        null,
        null);
    Set<ObjectName> found = beans.queryNames(pattern, null);
    if (!found.isEmpty()) {
      return found;
    }
    shown.await(patience.toMillis(), TimeUnit.MILLISECONDS);
    return beans.queryNames(pattern, null);
  }
}
