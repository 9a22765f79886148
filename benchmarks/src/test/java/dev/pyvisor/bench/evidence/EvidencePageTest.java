package dev.pyvisor.bench.evidence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.bench.BenchOptions;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvidencePageTest {
  private static final String OUTPUT = "pyvisor.test.output";

  @TempDir private Path root;

  @Test
  void what_a_test_records_stands_on_the_page() throws IOException {
    String before = System.getProperty(OUTPUT, "");
    System.setProperty(OUTPUT, root.resolve("transports/pipe/target/test-evidence").toString());
    try {
      Evidence.record(
          "a = b | \u00fc", List.of("H1", "FRM-2"), "p50 1.2 ms", new Counts(3, 1000), 42);
    } finally {
      System.setProperty(OUTPUT, before);
    }

    String page = EvidencePage.of(EvidenceFiles.below(root));

    assertThat(page)
        .contains("| a = b \\| \u00fc | EvidencePageTest: H1 FRM-2 | p50 1.2 ms | 3 (1000) | `mvn")
        .contains("| 42 |");
  }

  @Test
  void a_file_without_a_field_is_named() throws IOException {
    Path file = root.resolve("cli/target/test-evidence/half.properties");
    Files.createDirectories(file.getParent());
    Files.write(file, "item=x\n".getBytes(StandardCharsets.UTF_8));

    assertThatThrownBy(() -> EvidenceFiles.below(root))
        .hasMessageContaining("half.properties")
        .hasMessageContaining("'test'");
  }

  @Test
  void another_folder_than_the_projects_is_refused() {
    assertThatThrownBy(() -> EvidencePage.write(root, BenchOptions.DEFAULT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("--root");
  }
}
