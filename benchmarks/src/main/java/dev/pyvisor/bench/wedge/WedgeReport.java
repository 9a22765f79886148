package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.Durations;
import dev.pyvisor.bench.Samples;
import dev.pyvisor.bench.python.MachineFacts;
import java.util.List;

/**
 * What was seen.
 *
 * @param forms each broken form at each size of pipes
 * @param lostWakeUps of the polling form, by phase
 * @param ours Pyvisor on the same load
 */
public record WedgeReport(
    MachineFacts machine, List<FormResult> forms, List<LostWakeUps> lostWakeUps, List<Calls> ours) {

  public WedgeReport {
    forms = List.copyOf(forms);
    lostWakeUps = List.copyOf(lostWakeUps);
    ours = List.copyOf(ours);
  }

  /** A broken form and its repaired twin against the same peer. */
  public record FormResult(
      String key, String title, PipeSize pipes, Trial broken, Trial repaired) {}

  /** Pyvisor's calls of one kind, in nanoseconds as Python sees them. */
  public record Calls(
      Phase phase, PipeSize pipes, String kind, int count, long p50, long p99, long max) {

    static Calls of(Phase phase, PipeSize pipes, String kind, Samples samples) {
      return new Calls(
          phase, pipes, kind, samples.count(), samples.median(), samples.p99(), samples.max());
    }

    /** {@code p50 1.2 ms, p99 3.4 ms, max 5.6 ms (36 calls)}. */
    public String figures() {
      return "p50 "
          + Durations.text(p50)
          + ", p99 "
          + Durations.text(p99)
          + ", max "
          + Durations.text(max)
          + " ("
          + count
          + " calls)";
    }
  }
}
