package dev.pyvisor.contract;

import java.util.Locale;

/** How much of each mechanism the tests exercise; the system property {@code pyvisor.tier}. */
public enum Tier {
  /** Every mechanism, small counts: {@code mvn verify}. */
  VERIFY,
  /** The same counts, and more of every row than its core: {@code mvn -Pwide verify}. */
  WIDE,
  /** Larger counts: {@code mvn -Pproof verify}. */
  PROOF,
  /** The counts as the design asks for them: {@code mvn -Pfull verify}. */
  FULL;

  /**
   * The tier of this test run; {@link #WIDE} where nothing is said, which is so for whoever proves
   * a backend outside of this project's build.
   */
  public static Tier current() {
    String name = System.getProperty("pyvisor.tier", "");
    return name.isBlank() ? WIDE : valueOf(name.toUpperCase(Locale.ROOT));
  }

  /** Whether the counts are larger than the smallest. */
  public boolean isThorough() {
    return compareTo(PROOF) >= 0;
  }

  /** The command that runs the tests of this tier. */
  public String command() {
    return this == VERIFY ? "mvn verify" : "mvn -P" + name().toLowerCase(Locale.ROOT) + " verify";
  }
}
