package dev.pyvisor.outcome;

/**
 * Why a cell came to an end that its own code did not choose.
 *
 * <p>Immutable.
 *
 * @param kind one word: {@code deadline}; {@code cpu_limit} for a cell that has used up its
 *     processor time; {@code out_of_memory} for a kernel that the system ended for its memory;
 *     {@code workspace_limit} where files take more than they may, whatever became of the cell;
 *     {@code interrupt}; {@code cancelled} for a cell that was withdrawn; {@code exit}, {@code
 *     signal} or {@code channel} for a kernel that died; {@code output_integrity}; {@code
 *     runner_gone}, {@code transport_lost}, {@code protocol_violated}, {@code closed} for a
 *     connection that ended; {@code watchdog} for a cell over which the runner was taken for hung;
 *     {@code launch_failed} for one that could not be made again; or a code of the error table for
 *     a request that was refused
 * @param text one line for people
 */
public record Cause(String kind, String text) {}
