package dev.pyvisor.pool;

/**
 * What the members of a pool do, at one moment.
 *
 * <p>Immutable.
 *
 * @param size how many there may be
 * @param idle ready to be lent
 * @param leased lent
 * @param busy being started, made anew or replaced
 * @param waiting how many wait for a lease
 * @param retired runners that were replaced and wait for tools on the host
 */
public record PoolStatus(int size, int idle, int leased, int busy, int waiting, int retired) {}
