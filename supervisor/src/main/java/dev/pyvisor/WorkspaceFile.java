package dev.pyvisor;

/**
 * A regular file in a session's workspace, as it was when it was listed.
 *
 * <p>Immutable.
 *
 * @param path below the workspace, names with a {@code /} between them
 * @param bytes its size
 */
public record WorkspaceFile(String path, long bytes) {}
