package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import java.util.EnumSet;
import java.util.Set;

/**
 * Lets nothing pass while it is shut, and loses nothing: a network that is away for a while. What
 * connects meanwhile waits, too.
 *
 * <p>Thread-safe: guarded by this.
 */
public final class Valve implements Fault {
  private final Set<Direction> shut = EnumSet.noneOf(Direction.class);

  /** From now on nothing passes, either way. */
  public synchronized void shut() {
    shut.addAll(EnumSet.allOf(Direction.class));
  }

  /** From now on nothing passes in this direction. */
  public synchronized void shut(Direction direction) {
    shut.add(direction);
  }

  /** Everything passes again, first of all what has waited. */
  public synchronized void open() {
    shut.clear();
    notifyAll();
  }

  @Override
  public Tap tap(int connection, Direction direction) {
    return (data, count, line) -> {
      awaitOpen(direction);
      line.write(data, 0, count);
    };
  }

  private synchronized void awaitOpen(Direction direction) throws InterruptedException {
    while (shut.contains(direction)) {
      wait();
    }
  }
}
