package dev.pyvisor.bench.wedge;

/**
 * A way to talk to a child that wedges, and the same talk as it should be.
 *
 * @param title what is broken
 * @param mode of the peer
 */
record Form(String key, String title, String mode, Conversation broken, Conversation repaired) {}
