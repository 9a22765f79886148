package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import java.io.IOException;
import java.util.Arrays;

/**
 * What a {@link ChaosProxy} does to one connection. Bytes are passed on, held back or lost, and the
 * connection may be ended; nothing is made up and nothing overtakes.
 *
 * <p>Thread-safe: it is asked for both directions of a connection at once.
 */
@FunctionalInterface
public interface Fault {
  /** What it does to one direction of the connection with this number, from 1 on. */
  Tap tap(int connection, Direction direction);

  /** The same, and then another one with what this one passes on. */
  default Fault then(Fault next) {
    return (connection, direction) -> {
      Tap first = tap(connection, direction);
      Tap second = next.tap(connection, direction);
      return (data, count, line) ->
          first.take(
              data,
              count,
              new Line() {
                @Override
                public void write(byte[] passed, int from, int bytes)
                    throws IOException, InterruptedException {
                  second.take(Arrays.copyOfRange(passed, from, from + bytes), bytes, line);
                }

                @Override
                public void cut(Cut.How how) {
                  line.cut(how);
                }
              });
    };
  }

  /**
   * One direction of one connection.
   *
   * <p>Confined to the thread of its direction.
   */
  @FunctionalInterface
  interface Tap {
    /**
     * Takes bytes that have just been read. It may wait: then nothing more of this direction is
     * read.
     *
     * @param count so many of them count
     * @throws InterruptedException when the proxy is closed while it waits
     */
    void take(byte[] data, int count, Line line) throws IOException, InterruptedException;
  }

  /**
   * Where what is passed on goes.
   *
   * <p>Confined to the thread of its direction.
   */
  interface Line {
    /** Passes bytes on. */
    void write(byte[] data, int from, int count) throws IOException, InterruptedException;

    /** Ends the connection, both ways; counted as a cut. Nothing more is taken. */
    void cut(Cut.How how);
  }
}
