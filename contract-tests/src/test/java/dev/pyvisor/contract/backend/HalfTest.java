package dev.pyvisor.contract.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;

/** Of a row that two classes share each contract runs in one of them, and only there. */
class HalfTest {

  @Test
  void each_class_of_a_shared_row_runs_its_half_alone() {
    assertThat(Half.FIRST.has("Names")).isTrue();
    assertThat(Half.SECOND.has("Cells")).isTrue();
    assertThat(testsThatRan(First.class)).containsExactly("in names");
    assertThat(testsThatRan(Second.class)).containsExactly("in cells");
  }

  @Test
  void a_class_that_shares_its_row_with_nobody_runs_everything() {
    assertThat(testsThatRan(Both.class)).containsExactlyInAnyOrder("in names", "in cells");
  }

  private static List<String> testsThatRan(Class<?> suite) {
    List<String> passed = new ArrayList<>();
    Launches.run(
        selectClass(suite),
        new TestExecutionListener() {
          @Override
          public void executionFinished(TestIdentifier test, TestExecutionResult result) {
            if (test.isTest() && result.getStatus() == TestExecutionResult.Status.SUCCESSFUL) {
              passed.add(test.getDisplayName());
            }
          }
        });
    return passed;
  }

  /** As a row of the matrix is built; not run by the build itself, for they are static. */
  @ExtendWith(Applicability.class)
  abstract static class Contracts {
    @Nested
    class Names {
      @Test
      void in_names() {}
    }

    @Nested
    class Cells {
      @Test
      void in_cells() {}
    }
  }

  @Backend(value = PipeBackend.class, half = Half.FIRST)
  static final class First extends Contracts {}

  @Backend(value = PipeBackend.class, half = Half.SECOND)
  static final class Second extends Contracts {}

  @Backend(PipeBackend.class)
  static final class Both extends Contracts {}
}
