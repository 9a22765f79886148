package dev.pyvisor.contract;

import java.util.Locale;

/**
 * How often a test does its thing in this tier, and how often the design asks for.
 *
 * @param now the count of this tier
 * @param design the count of the full tier
 */
public record Counts(int now, int design) {
  /** The count of the current tier; prints it beside the design's. */
  public static Counts of(int verify, int proof, int full) {
    Tier tier = Tier.current();
    Counts counts =
        new Counts(
            switch (tier) {
              case VERIFY, WIDE -> verify;
              case PROOF -> proof;
              case FULL -> full;
            },
            full);
    System.out.println(
        "count " + counts + " in tier " + tier.name().toLowerCase(Locale.ROOT) + ", " + caller());
    return counts;
  }

  /** The same count in every tier. */
  public static Counts always(int count) {
    return new Counts(count, count);
  }

  /** {@code 20 (1000)}. */
  @Override
  public String toString() {
    return now + " (design's " + design + ")";
  }

  private static String caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(frame -> !frame.getClassName().equals(Counts.class.getName()))
                    .findFirst()
                    .map(frame -> frame.getClassName() + "." + frame.getMethodName())
                    .orElse("?"));
  }
}
