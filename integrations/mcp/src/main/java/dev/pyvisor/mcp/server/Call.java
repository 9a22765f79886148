package dev.pyvisor.mcp.server;

import dev.pyvisor.Defaults;
import dev.pyvisor.Session;

/**
 * A tool call of a client.
 *
 * <p>Immutable.
 *
 * @param bench the client's runner and sessions
 * @param open whether it is taken back
 * @param arguments what the client gave
 * @param progress where the client hears of it meanwhile
 */
record Call(Workbench bench, OpenCall open, Arguments arguments, Progress progress) {
  /** The session that it names. */
  Session session() {
    return bench.session(arguments.find("session"));
  }

  /** The session whose calls it is to come after: of a branch, its parent. */
  String turn() {
    return arguments.find("branch_of").or(() -> arguments.find("session")).orElse(Defaults.SESSION);
  }
}
