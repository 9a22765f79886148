package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class FailuresTest {
  /** Whoever runs the tests as root may read everything, so this one is made by hand. */
  @Test
  void a_file_that_may_not_be_used_is_named_with_the_reason() {
    assertThat(Failures.explain(new AccessDeniedException("a.py")))
        .isEqualTo("a.py: permission denied");
    assertThat(Failures.explain(new NoSuchFileException("a.py"))).isEqualTo("a.py: no such file");
    assertThat(Failures.explain(new FileSystemException("a.py", null, "Not a directory")))
        .isEqualTo("a.py: Not a directory");
    assertThat(Failures.status(new AccessDeniedException("a.py"))).isEqualTo(2);
  }

  @Test
  void what_has_no_reason_of_its_own_is_told_by_its_kind() {
    assertThat(Failures.explain(new IOException("No space left on device")))
        .isEqualTo("IOException: No space left on device");
  }
}
