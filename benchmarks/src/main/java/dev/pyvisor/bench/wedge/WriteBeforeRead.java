package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchLimits;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Broken: the caller writes its request, then starts to read, and the deadline begins with the
 * reading. A peer that is writing at that moment does not read; the caller stays in its write,
 * where no deadline is looked at.
 */
final class WriteBeforeRead {
  private static final long DEADLINE_MILLIS = 1_000;

  private WriteBeforeRead() {}

  static Form form() {
    return new Form(
        "write-before-read",
        "request written before reading, outside its deadline (1 s)",
        "speaks_first",
        WriteBeforeRead::broken,
        WriteBeforeRead::repaired);
  }

  private static void broken(Wire wire) throws Exception {
    for (int round = 0; round < BenchLimits.AT_ONCE; round++) {
      Framing.LENGTH.write(wire.out(), UndrainedStderr.message(round));
      CompletableFuture<byte[]> answer = new CompletableFuture<>();
      wire.start("reader", () -> answer.complete(Framing.LENGTH.read(wire.in())));
      answer.get(DEADLINE_MILLIS, TimeUnit.MILLISECONDS);
    }
    Framing.expectGood(Framing.LENGTH.read(wire.in()));
  }

  private static void repaired(Wire wire) throws Exception {
    Repaired peer = new Repaired(wire, Framing.LENGTH);
    for (int round = 0; round < BenchLimits.AT_ONCE; round++) {
      peer.send(UndrainedStderr.message(round));
      peer.receive();
    }
    Framing.expectGood(peer.receive());
  }
}
