package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.Durations;
import dev.pyvisor.bench.Samples;
import dev.pyvisor.bench.wedge.Verdict.Failed;
import dev.pyvisor.bench.wedge.Verdict.Finished;
import dev.pyvisor.bench.wedge.Verdict.Slow;
import dev.pyvisor.bench.wedge.Verdict.Wedged;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What became of several runs of one conversation. */
public record Trial(List<Verdict> verdicts) {
  public Trial {
    verdicts = List.copyOf(verdicts);
  }

  /** How many wedged. */
  public int wedged() {
    return of(Wedged.class).size();
  }

  /** How many finished. */
  public int finished() {
    return of(Finished.class).size();
  }

  /** What both sides were waiting in, in the first run that wedged. */
  public Optional<String> where() {
    return of(Wedged.class).stream().map(Wedged::where).findFirst();
  }

  /** For example {@code wedged in 5 of 5 runs}. */
  public String summary() {
    List<String> parts = new ArrayList<>();
    if (wedged() > 0) {
      parts.add("wedged in " + wedged() + " of " + verdicts.size() + " runs");
    }
    if (finished() > 0) {
      Samples elapsed = new Samples();
      of(Finished.class).forEach(end -> elapsed.add(end.elapsed().toNanos()));
      String longest = Durations.text(elapsed.max());
      parts.add("finished in " + finished() + " of " + verdicts.size() + ", longest " + longest);
    }
    of(Slow.class).forEach(slow -> parts.add("still moving after " + slow.limit()));
    of(Failed.class).forEach(failed -> parts.add("failed: " + failed.reason()));
    return String.join("; ", parts);
  }

  private <T extends Verdict> List<T> of(Class<T> type) {
    return verdicts.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
