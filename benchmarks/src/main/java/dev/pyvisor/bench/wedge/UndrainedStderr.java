package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import java.util.Arrays;

/**
 * Broken: stderr is a pipe that nobody reads until the end. A peer that has enough to say there
 * stops in the middle of its work, and we wait for its answer.
 */
final class UndrainedStderr {
  private UndrainedStderr() {}

  static Form form() {
    return new Form(
        "undrained-stderr",
        "stderr never drained",
        "warnings",
        UndrainedStderr::broken,
        UndrainedStderr::repaired);
  }

  /** The {@code number}th message, as the peer expects it. */
  static byte[] message(int number) {
    byte[] body = new byte[BenchLimits.LARGE];
    Arrays.fill(body, (byte) ('a' + number % 26));
    return body;
  }

  private static void broken(Wire wire) throws Exception {
    for (int round = 0; round < BenchLimits.AT_ONCE; round++) {
      Framing.LENGTH.write(wire.out(), message(round));
      Framing.LENGTH.read(wire.in());
    }
    Framing.expectGood(Framing.LENGTH.read(wire.in()));
    wire.err().readAllBytes();
  }

  private static void repaired(Wire wire) throws Exception {
    Repaired peer = new Repaired(wire, Framing.LENGTH);
    for (int round = 0; round < BenchLimits.AT_ONCE; round++) {
      peer.send(message(round));
      peer.receive();
    }
    Framing.expectGood(peer.receive());
  }
}
