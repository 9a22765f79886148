package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import org.junit.jupiter.api.Test;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;

/** A known gap must be one. */
class KnownGapTest {

  @Test
  void a_test_that_fails_as_it_must_counts_as_a_known_gap() {
    TestExecutionSummary summary = run("fails");
    assertThat(summary.getTestsAbortedCount()).isEqualTo(1);
    assertThat(summary.getTestsFailedCount()).isZero();
  }

  @Test
  void a_test_that_passes_unexpectedly_fails_and_says_what_to_do() {
    TestExecutionSummary summary = run("passes");
    assertThat(summary.getTestsFailedCount()).isEqualTo(1);
    assertThat(summary.getFailures().get(0).getException())
        .hasMessageContaining("a known gap is closed: \"it does not work\"")
        .hasMessageContaining("README");
  }

  private static TestExecutionSummary run(String method) {
    SummaryGeneratingListener listener = new SummaryGeneratingListener();
    Launches.run(selectMethod(Gaps.class, method), listener);
    return listener.getSummary();
  }

  /** Not run by the build itself: a nested class that is static is none of its tests. */
  static final class Gaps {
    @Test
    @KnownGap(reason = "it does not work", place = "nowhere")
    void fails() {
      fail("as it must");
    }

    @Test
    @KnownGap(reason = "it does not work", place = "nowhere")
    void passes() {}
  }
}
