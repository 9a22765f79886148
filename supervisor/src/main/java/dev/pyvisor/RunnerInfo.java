package dev.pyvisor;

/**
 * Who is at the other end.
 *
 * <p>Immutable.
 *
 * @param runnerId the runner's id, unique within this JVM's life
 * @param pid process id of the supervisor, as it says itself
 * @param pythonVersion for example {@code 3.11.7}
 * @param implementation for example {@code cpython}
 * @param runnerVersion version of the runner's payload
 * @param incarnation random id of this life of the supervisor
 * @param backend name of the backend
 */
public record RunnerInfo(
    String runnerId,
    long pid,
    String pythonVersion,
    String implementation,
    String runnerVersion,
    String incarnation,
    String backend) {}
