package dev.pyvisor.transport.stdio;

/**
 * One request of the dialect, but for its id.
 *
 * <p>Immutable.
 *
 * @param params a JSON object in ASCII
 */
record PeerRequest(String method, byte[] params) {}
