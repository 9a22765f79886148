package dev.pyvisor.attack;

import dev.pyvisor.tool.HostTool;

/**
 * The one host tool that attacks may call.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class Bait {
  @HostTool(description = "Greets.")
  public String greet(String name) {
    return "hello " + name.length();
  }
}
