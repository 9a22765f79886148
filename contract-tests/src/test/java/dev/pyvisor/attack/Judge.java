package dev.pyvisor.attack;

import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Turns what was seen into a finding. The program's word counts only as far as nobody else could
 * have seen it: a success that the planted things do not show was one inside of a sandbox.
 *
 * <p>Thread-safe: it holds no state.
 */
final class Judge {
  private static final Pattern LINE =
      Pattern.compile("(?m)^ATTACK (succeeded|contained|prevented|harmless): (.*)$");

  private Judge() {}

  static Finding judge(Program program, Plant plant, Seen seen) {
    if (shown(program.witness(), plant, seen)) {
      return new Finding(Verdict.SUCCEEDED, seen.aftermath());
    }
    if (program.witness() == Witness.HOST && seen.aftermath().isEmpty()) {
      return new Finding(Verdict.HARMLESS, seen.aftermath());
    }
    Optional<Verdict> word = word(seen.said());
    if (word.isEmpty() && seen.ended().isEmpty()) {
      throw new AssertionError(program + " measured nothing; it said: " + seen.said());
    }
    Verdict verdict = word.orElse(Verdict.CONTAINED);
    return new Finding(
        verdict == Verdict.SUCCEEDED ? Verdict.CONTAINED : verdict, seen.aftermath());
  }

  private static boolean shown(Witness witness, Plant plant, Seen seen) {
    return switch (witness) {
      case SECRET -> seen.said().contains(plant.secret());
      case FILES -> plant.changed();
      case VICTIM -> plant.victimHarmed();
      case SUPERVISOR -> seen.supervisor();
      case SURVIVOR -> plant.survivor();
      case SUCCESSOR ->
          seen.aftermath().isEmpty()
              ? word(seen.said()).filter(Verdict.SUCCEEDED::equals).isPresent()
              : seen.spoilt();
      case HOST -> seen.failure().isPresent();
      case TERMINAL -> seen.said().contains("\u001b]0;planted");
      case COUNT -> word(seen.said()).filter(Verdict.SUCCEEDED::equals).isPresent();
    };
  }

  /** The last one counts: a program may say more the further it gets. */
  private static Optional<Verdict> word(String said) {
    List<MatchResult> lines = LINE.matcher(said).results().toList();
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(Verdict.of(lines.get(lines.size() - 1).group(1)));
  }
}
