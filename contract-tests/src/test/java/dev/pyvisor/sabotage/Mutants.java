package dev.pyvisor.sabotage;

import java.util.List;
import java.util.Set;

/** The backends that are broken on purpose, and what of the suite each of them fails. */
public final class Mutants {
  private static final String WHOLE = "Transports.frames_of_every_size_arrive_whole";
  private static final String IN_ORDER = "Transports.every_frame_arrives_once_and_in_its_order";
  private static final String BURST =
      "Transports.frames_that_came_together_are_delivered_before_anything_is_sent";
  private static final String DUPLEX =
      "Transports.a_runner_that_reads_only_when_it_has_written_all_is_read";
  private static final String STDERR =
      "Transports.standard_error_that_is_full_of_noise_holds_up_nothing";
  private static final String ALL_TOLD =
      "Transports.all_that_a_runner_wrote_is_told_before_its_end";
  private static final String ONE_END = "Transports.the_end_is_told_once_and_nothing_follows_it";
  private static final String KILL = "Transports.a_kill_waits_for_no_write_that_nobody_reads";
  private static final String CLOSE = "Transports.closing_is_bounded_whatever_the_runner_does";
  private static final String OVERLAP = "ConcurrentTools.two_slow_tools_overlap";
  private static final String DEATH =
      "KernelDeaths.a_kernels_death_is_known_by_its_exit_status_at_once";
  private static final String GOOD_END =
      "Transports.what_was_sent_before_closing_is_written_and_the_runner_ends_by_itself";

  /**
   * One broken backend.
   *
   * @param also contracts or tests that are there for its fault, beside those that are always run
   * @param fails the tests that must fail, and no others
   */
  public record Mutant(String name, Set<String> also, Set<String> fails) {
    /** What it does wrong, in words. */
    public String mistake() {
      return name.replace('-', ' ');
    }
  }

  private Mutants() {}

  private static Mutant mutant(String name, String... fails) {
    return new Mutant(name, Set.of(), Set.of(fails));
  }

  /** All of them; the first has no fault. */
  public static List<Mutant> all() {
    return List.of(
        mutant("hand-made"),
        mutant("drops-a-frame", IN_ORDER, ALL_TOLD),
        mutant("reorders", IN_ORDER, ALL_TOLD),
        mutant("splits", WHOLE, DUPLEX),
        mutant("loses-the-last-byte", WHOLE),
        new Mutant(
            "answers-late",
            Set.of(DEATH, "KernelDeaths.deep_recursion_is_an_error_and_not_a_death"),
            Set.of(DEATH)),
        new Mutant(
            "answers-twice",
            Set.of("Peers.Idle"),
            Set.of(
                "Peers.Idle.an_unknown_id_is_dropped_and_counted",
                "Peers.Idle.of_what_a_good_runner_says_nothing_is_dropped")),
        mutant("closes-twice", ONE_END),
        mutant("closes-never", ONE_END, ALL_TOLD, KILL, CLOSE, STDERR, GOOD_END),
        mutant("exit-before-output", ALL_TOLD),
        new Mutant("blocks-its-reader", Set.of(OVERLAP), Set.of(BURST, OVERLAP)),
        mutant("writes-inline-from-its-reader", DUPLEX, KILL, CLOSE),
        mutant("polls-but-reads-ahead", IN_ORDER, BURST, ALL_TOLD),
        mutant("never-drains-stderr", STDERR),
        mutant("writes-before-it-reads", DUPLEX, KILL, CLOSE));
  }
}
