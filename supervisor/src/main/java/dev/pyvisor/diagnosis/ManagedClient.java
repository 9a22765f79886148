package dev.pyvisor.diagnosis;

import dev.pyvisor.Defaults;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanRegistrationException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shows one client to the platform's MBean server. A JVM that has had no such server yet takes a
 * fifth of a second to make one, so this is not done on a thread that somebody waits for.
 *
 * <p>Thread-safe: the bean by what it reads; showing and hiding it are guarded by its own monitor.
 */
public final class ManagedClient implements ClientMXBean {
  /** The key properties of every client's name but its id. */
  public static final String NAMES = "dev.pyvisor:type=Client,id=";

  /** Who asks from another process is in no hurry, and wants the verdict too. */
  private static final Duration PATIENCE = Defaults.EVIDENCE_LIMIT.multipliedBy(4);

  private static final Logger LOG = LoggerFactory.getLogger(ManagedClient.class);

  private final Witness witness;
  private final HangReports reports;
  private @Nullable ObjectName shown; // keeps its name over the runners of its client
  private boolean over;

  public ManagedClient(Witness witness, HangReports reports) {
    this.witness = witness;
    this.reports = reports;
  }

  /** Registers it, unless it was taken away before. */
  public synchronized void show() {
    if (over || shown != null) {
      return;
    }
    try {
      ObjectName name = new ObjectName(NAMES + witness.runnerId());
      ManagementFactory.getPlatformMBeanServer().registerMBean(this, name);
      shown = name;
    } catch (JMException | RuntimeException refused) {
      // The client works without it; only `pyvisor doctor --hang` finds less.
      LOG.debug("runner {} is not shown as an MBean: {}", witness.runnerId(), refused.toString());
    }
  }

  /** Takes it away for good. */
  public synchronized void hide() {
    over = true;
    ObjectName name = shown;
    if (name == null) {
      return;
    }
    shown = null;
    try {
      ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
    } catch (InstanceNotFoundException | MBeanRegistrationException gone) {
      LOG.debug("runner {} was not an MBean any more: {}", witness.runnerId(), gone.toString());
    }
  }

  @Override
  public String getRunnerId() {
    return witness.runnerId();
  }

  @Override
  public long getSupervisor() {
    return witness.supervisor().orElse(0);
  }

  @Override
  public String hangReport() {
    try {
      return reports.write("asked for by management", PATIENCE).join().toString();
    } catch (CompletionException failed) {
      // Types of this JVM's own may be unknown to who asks.
      throw new IllegalStateException(String.valueOf(failed.getCause().getMessage()));
    }
  }
}
