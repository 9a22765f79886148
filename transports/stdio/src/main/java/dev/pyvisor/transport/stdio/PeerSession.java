package dev.pyvisor.transport.stdio;

import dev.pyvisor.transport.stdio.Verdict.Kernel;
import java.util.List;

/**
 * The one session of a peer, as far as this side knows.
 *
 * <p>Guarded by the translator.
 */
final class PeerSession {
  final int number;
  final String name;
  private int generation;
  private int cell;
  private List<String> tools = List.of();
  private boolean touched;

  PeerSession(int number, String name, int generation) {
    this.number = number;
    this.name = name;
    this.generation = generation;
  }

  int generation() {
    return generation;
  }

  /** The last cell that the peer was sent. */
  int cell() {
    return cell;
  }

  /** The names that the peer has defined. */
  List<String> tools() {
    return tools;
  }

  void tools(List<String> names) {
    tools = List.copyOf(names);
  }

  /** Whether a kernel of now has state that would be lost with it. */
  boolean touched() {
    return touched;
  }

  /** A cell is being sent. */
  void begin(int number) {
    cell = number;
    touched = true;
  }

  /** Another kernel has taken over, with state or without. */
  void replaced(boolean withState) {
    generation++;
    touched = withState;
  }

  /** What a verdict says of the kernel. */
  void heed(Verdict verdict) {
    if (verdict.kernel() == Kernel.REPLACED) {
      replaced(!verdict.state().path("source").asString("").equals("fresh"));
    }
  }
}
