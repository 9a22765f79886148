package dev.pyvisor.contract.chaos;

import java.io.IOException;

/**
 * When and how one connection dies.
 *
 * <p>Immutable.
 *
 * @param direction whose bytes are counted
 * @param after so many of them pass; the next one does not
 * @param how what both ends see
 */
public record Cut(Direction direction, long after, How how) implements Fault {
  /**
   * Where bytes go.
   *
   * <p>Immutable.
   */
  public enum Direction {
    TO_RUNNER,
    TO_HOST;

    public Direction opposite() {
      return this == TO_RUNNER ? TO_HOST : TO_RUNNER;
    }
  }

  /**
   * What the ends of a cut connection see.
   *
   * <p>Immutable.
   */
  public enum How {
    /** An orderly end of the stream. */
    FIN,
    /** A reset. */
    RST
  }

  /** A connection that lives as long as its ends want. */
  public static final Cut NEVER = new Cut(Direction.TO_HOST, Long.MAX_VALUE, How.FIN);

  @Override
  public Tap tap(int connection, Direction of) {
    return new Tap() {
      private long left = of == direction ? after : Long.MAX_VALUE;

      @Override
      public void take(byte[] data, int count, Line line) throws IOException, InterruptedException {
        int passed = (int) Math.min(count, left);
        line.write(data, 0, passed);
        left -= passed;
        if (left == 0) {
          line.cut(how);
        }
      }
    };
  }
}
