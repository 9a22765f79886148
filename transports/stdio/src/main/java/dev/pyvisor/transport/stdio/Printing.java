package dev.pyvisor.transport.stdio;

import dev.pyvisor.transport.stdio.Ending.Print;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Purse;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.function.Consumer;

/**
 * Output on its way to the host: cut into frames, and sent as far as the host has given credit
 * (TRN-1).
 *
 * <p>Guarded by the translator.
 */
final class Printing {
  private final Consumer<Frame> host;
  private final Purse stdout = new Purse(Lane.STDOUT);
  private final Purse stderr = new Purse(Lane.STDERR);
  private final Deque<Print> waiting = new ArrayDeque<>();
  private int done; // of the first one

  Printing(Consumer<Frame> host) {
    this.host = host;
  }

  void add(Print print) {
    if (print.bytes().length > 0) {
      waiting.add(print);
    }
  }

  /** The host has given credit. */
  void fill(Lane lane, int bytes) {
    (lane == Lane.STDOUT ? stdout : stderr).fill(bytes);
  }

  /** Sends what there is credit for; whether that was all. */
  boolean go() {
    while (!waiting.isEmpty()) {
      Print print = waiting.element();
      Purse purse = print.kind() == FrameKind.STDOUT ? stdout : stderr;
      int step = Math.min(Math.min(purse.left(), Limits.FRAME_BODY), print.bytes().length - done);
      if (step == 0) {
        return false;
      }
      purse.spend(step);
      host.accept(
          new Frame(
              print.kind(),
              print.flags(),
              0,
              print.session(),
              print.generation(),
              print.cell(),
              0,
              Arrays.copyOfRange(print.bytes(), done, done + step)));
      done += step;
      if (done == print.bytes().length) {
        waiting.remove();
        done = 0;
      }
    }
    return true;
  }

  /** Bytes that wait for credit. */
  long left() {
    return waiting.stream().mapToLong(print -> print.bytes().length).sum() - done;
  }
}
