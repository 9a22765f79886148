package dev.pyvisor.diagnosis;

/**
 * One open client, for tools that look into a running JVM: {@code dev.pyvisor:type=Client,id=…} in
 * the platform's MBean server, from a second after its opening until its close.
 *
 * <p>Thread-safe: by its implementation.
 */
public interface ClientMXBean {
  /** The id in the names of its threads and processes. */
  String getRunnerId();

  /** The supervisor's process. */
  long getSupervisor();

  /**
   * Writes a hang report.
   *
   * @return its folder
   */
  String hangReport();
}
