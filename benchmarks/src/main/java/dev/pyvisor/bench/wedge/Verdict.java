package dev.pyvisor.bench.wedge;

import java.time.Duration;

/** How one conversation ended. */
public sealed interface Verdict {
  /** It came to its end, with every byte as it should be. */
  record Finished(Duration elapsed) implements Verdict {}

  /**
   * For the whole of {@code silence} not one byte moved in any direction; then it was killed.
   *
   * @param where what each thread of the host and the peer were waiting in
   */
  record Wedged(Duration silence, String where) implements Verdict {}

  /** Bytes still moved at the limit; then it was killed. Not a wedge. */
  record Slow(Duration limit) implements Verdict {}

  /** It broke. */
  record Failed(String reason) implements Verdict {}
}
