package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;

/**
 * Broken: the thread that reads the requests writes the answers. While it is stuck in a write
 * nobody reads, so the peer is stuck in its own write, and never comes to read what we write.
 */
final class InlineAnswers {
  private InlineAnswers() {}

  static Form form() {
    return new Form(
        "inline-answers",
        "answers written by the reader thread",
        "calls_at_once",
        InlineAnswers::broken,
        InlineAnswers::repaired);
  }

  private static void broken(Wire wire) throws Exception {
    for (int call = 0; call < BenchLimits.AT_ONCE; call++) {
      byte[] request = Framing.LENGTH.read(wire.in());
      Framing.LENGTH.write(wire.out(), request);
    }
    Framing.expectGood(Framing.LENGTH.read(wire.in()));
  }

  private static void repaired(Wire wire) throws Exception {
    Repaired peer = new Repaired(wire, Framing.LENGTH);
    for (int call = 0; call < BenchLimits.AT_ONCE; call++) {
      peer.send(peer.receive());
    }
    Framing.expectGood(peer.receive());
  }
}
