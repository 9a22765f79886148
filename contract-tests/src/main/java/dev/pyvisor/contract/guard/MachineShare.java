package dev.pyvisor.contract.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * How much of the machine was there for this process and its descendants since a moment: all of it,
 * less what other programs took. What these processes take from each other, busy loops of a test
 * among them, is theirs.
 *
 * <p>Confined to one thread.
 */
public final class MachineShare {
  /** Columns of the first line of {@code /proc/stat}; what comes behind is counted in these. */
  private static final int COLUMNS = 8;

  private static final int IDLE = 3;
  private static final int IO_WAIT = 4;
  private static final int USER = 11; // behind the state in /proc/PID/stat
  private static final int SYSTEM = 12;

  private final long[] machine;
  private final Map<Long, Long> ours;

  private MachineShare(long[] machine, Map<Long, Long> ours) {
    this.machine = machine;
    this.ours = ours;
  }

  /** From now on. */
  public static MachineShare since() {
    return new MachineShare(machine(), ours());
  }

  /** Between 0 and 1; 1 where nobody else wanted the machine. */
  public double get() {
    long[] now = machine();
    long[] spent = new long[COLUMNS];
    Arrays.setAll(spent, column -> now[column] - machine[column]);
    long mine = 0;
    for (Map.Entry<Long, Long> each : ours().entrySet()) {
      mine += each.getValue() - ours.getOrDefault(each.getKey(), 0L);
    }
    return of(LongStream.of(spent).sum(), spent[IDLE] + spent[IO_WAIT], mine);
  }

  /**
   * What {@code took} so long would have taken with the machine to itself, at most: a program that
   * gets half of the time takes twice as long.
   */
  public Duration scaled(Duration took) {
    return Duration.ofNanos((long) (took.toNanos() * get()));
  }

  /** Fails where it {@code took} as long as the limit or longer, what others took left out. */
  public void assertBelow(Duration limit, Duration took) {
    if (took.compareTo(limit) >= 0) {
      assertThat(scaled(took)).as("of %s", took).isLessThan(limit);
    }
  }

  /** Of ticks in all, those in which nobody ran, and ours. */
  static double of(long all, long idle, long mine) {
    if (all <= 0) {
      return 1; // shorter than a tick
    }
    long others = Math.max(0, all - idle - mine);
    return (double) (all - others) / all;
  }

  private static long[] machine() {
    try (var lines = Files.lines(Path.of("/proc/stat"))) {
      String[] words = lines.findFirst().orElseThrow().split(" +");
      return Arrays.stream(words, 1, 1 + COLUMNS).mapToLong(Long::parseLong).toArray();
    } catch (IOException problem) {
      throw new UncheckedIOException("/proc/stat cannot be read", problem);
    }
  }

  /**
   * The ticks of each process of ours; those that end are missed, which makes the share smaller.
   */
  private static Map<Long, Long> ours() {
    Map<Long, Long> found = new HashMap<>();
    LongStream.concat(
            LongStream.of(ProcessHandle.current().pid()),
            ProcFs.descendants().mapToLong(ProcessHandle::pid))
        .forEach(
            pid ->
                ProcFs.read(pid, "stat")
                    .map(stat -> stat.substring(stat.lastIndexOf(')') + 2).split(" "))
                    .ifPresent(
                        words ->
                            found.put(
                                pid, Long.parseLong(words[USER]) + Long.parseLong(words[SYSTEM]))));
    return found;
  }
}
