package dev.pyvisor.contract.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The census sees each kind of thing that can be left behind. */
class CensusTest {
  private final Footprint before = Footprint.now();

  /** The first channel of a JVM opens a descriptor that stays. */
  @BeforeAll
  static void openTheFirstChannel() throws IOException {
    Pipe first = Pipe.open();
    first.source().close();
    first.sink().close();
  }

  @Test
  void a_thread_is_seen_until_it_ends() throws InterruptedException {
    CountDownLatch end = new CountDownLatch(1);
    Thread thread =
        new Thread(
            () -> {
              try {
                end.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "runner-left-reader");
    thread.start();
    assertThat(left()).anyMatch(line -> line.startsWith("thread runner-left-reader"));
    end.countDown();
    thread.join();
    assertThat(left()).isEmpty();
  }

  @Test
  void a_process_is_seen_until_it_ends() throws IOException {
    Process process = new ProcessBuilder("sleep", "30").start();
    assertThat(left()).contains("process " + process.pid());
    process.toHandle().destroyForcibly();
    process.onExit().join();
    assertThat(left()).doesNotContain("process " + process.pid());
  }

  @Test
  void a_pipe_is_seen_until_it_is_closed() throws IOException {
    Pipe pipe = Pipe.open();
    assertThat(left()).anyMatch(line -> line.matches("descriptor \\d+ -> pipe:.*"));
    pipe.source().close();
    pipe.sink().close();
    assertThat(left()).isEmpty();
  }

  @Test
  void a_temporary_directory_is_seen_until_it_is_deleted() throws IOException {
    Path directory = Files.createTempDirectory("pyvisor");
    assertThat(left()).contains("file " + directory);
    Files.delete(directory);
    assertThat(left()).isEmpty();
  }

  @Test
  void an_mbean_is_seen_until_it_is_unregistered() throws JMException {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("dev.pyvisor:type=Client,id=left");
    beans.registerMBean(new StandardMBean(() -> {}, Runnable.class), name);
    assertThat(left()).contains("MBean " + name);
    beans.unregisterMBean(name);
    assertThat(left()).isEmpty();
  }

  private Set<String> left() {
    return Footprint.now().beyond(before);
  }
}
