package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A connection on which everything arrives late, or slowly, and in order.
 *
 * <p>Immutable.
 *
 * @param longest what is read together waits for some time up to this before it is passed on
 * @param bytesPerSecond so much passes in a second, each way
 * @param seed what the times are drawn from
 */
public record Slow(Duration longest, long bytesPerSecond, long seed) implements Fault {
  private static final int SLICES = 20; // of a second

  /** Late by up to this, and as fast as the machine. */
  public static Slow late(Duration longest, long seed) {
    return new Slow(longest, Long.MAX_VALUE, seed);
  }

  /** At once, and no faster than this. */
  public static Slow narrow(long bytesPerSecond) {
    return new Slow(Duration.ZERO, bytesPerSecond, 0);
  }

  @Override
  public Tap tap(int connection, Direction direction) {
    Random random = new Random(seed + 2L * connection + direction.ordinal());
    int slice = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytesPerSecond / SLICES));
    return (data, count, line) -> {
      // The wait is the fault itself.
      TimeUnit.NANOSECONDS.sleep((long) (random.nextDouble() * longest.toNanos()));
      for (int at = 0; at < count; at += slice) {
        int part = Math.min(slice, count - at);
        if (bytesPerSecond < Long.MAX_VALUE) {
          TimeUnit.NANOSECONDS.sleep(TimeUnit.SECONDS.toNanos(part) / bytesPerSecond);
        }
        line.write(data, at, part);
      }
    };
  }
}
