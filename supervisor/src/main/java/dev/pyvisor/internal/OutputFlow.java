package dev.pyvisor.internal;

import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StreamName;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Till;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Takes a session's output from the reader to whom it is for, in order, and gives the runner credit
 * as it is consumed: a listener that is slow stops the cell that prints, and nothing else.
 *
 * <p>Guarded by this.
 */
final class OutputFlow {
  private final int session;
  private final SessionLife life;
  private final Outbox outbox;
  private final Counters counters;
  private final Till stdout = new Till(Lane.STDOUT);
  private final Till stderr = new Till(Lane.STDERR);
  private @Nullable OutputBatch open;
  private @Nullable CellOperation openFor;

  OutputFlow(int session, SessionLife life, Outbox outbox, Counters counters) {
    this.session = session;
    this.life = life;
    this.outbox = outbox;
    this.counters = counters;
  }

  /** Output has arrived, for a cell or for none; on the reader thread. */
  void arrived(@Nullable CellOperation cell, StreamName stream, byte[] bytes) {
    till(stream).take(bytes.length);
    if (cell == null) {
      counters.lateOutputBytes.add(bytes.length);
    }
    OutputBatch batch;
    synchronized (this) {
      if (open != null && openFor == cell) {
        open.add(stream, bytes);
        return;
      }
      batch = new OutputBatch(bytes.length);
      batch.add(stream, bytes);
      open = batch;
      openFor = cell;
    }
    Runnable delivery = () -> deliver(batch, cell);
    if (cell == null ? life.lateOutput() == null : cell.takesQuietly(bytes.length)) {
      life.mailbox().postInline(delivery);
    } else {
      life.mailbox().post(delivery);
    }
  }

  /** So many bytes will never arrive (REC-19): there is nothing to deliver, but room for others. */
  void givenUp(StreamName stream, int bytes) {
    till(stream).take(bytes);
    giveCredit(stream, bytes);
  }

  /** What arrives from now on stays behind what is posted to the mailbox next. */
  synchronized void seal() {
    open = null;
  }

  /** Whether output that has arrived waits for whom it is for. */
  boolean waits() {
    return stdout.waiting() > 0 || stderr.waiting() > 0;
  }

  private void deliver(OutputBatch batch, @Nullable CellOperation cell) {
    synchronized (this) {
      if (open == batch) {
        open = null;
      }
    }
    batch.forEach(
        (stream, bytes, from, to) -> {
          try {
            if (cell != null) {
              cell.output(stream, bytes, from, to);
            } else {
              deliverLate(stream, bytes, from, to);
            }
          } finally {
            giveCredit(stream, to - from);
          }
        });
  }

  private void deliverLate(StreamName stream, byte[] bytes, int from, int to) {
    Consumer<OutputChunk> consumer = life.lateOutput();
    if (consumer != null) {
      UserCode.run("late output", () -> consumer.accept(OutputChunk.of(stream, bytes, from, to)));
    }
  }

  private void giveCredit(StreamName stream, int bytes) {
    int credit = till(stream).consume(bytes);
    if (credit > 0) {
      outbox.giveCredit(session, stream == StreamName.STDOUT ? Lane.STDOUT : Lane.STDERR, credit);
    }
  }

  private Till till(StreamName stream) {
    return stream == StreamName.STDOUT ? stdout : stderr;
  }
}
