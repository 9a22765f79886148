package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Agent frameworks are known in their own rooms only. */
class FrameworksTest {
  private static final List<String> FRAMEWORKS =
      List.of("dev.langchain4j", "io.modelcontextprotocol", "com.networknt");

  @Test
  void no_type_of_a_framework_is_named_outside_of_integrations_and_benchmarks() {
    List<Path> naming = Sources.files(".java").stream().filter(FrameworksTest::namesOne).toList();
    assertThat(naming).isNotEmpty().allMatch(FrameworksTest::isRoom);
  }

  private static boolean namesOne(Path file) {
    String text = Sources.read(file);
    return FRAMEWORKS.stream().anyMatch(name -> text.contains("import " + name + "."));
  }

  /** The benchmark knows them as it knows the backends: it measures both. */
  private static boolean isRoom(Path file) {
    return file.toString().contains("/integrations/") || file.toString().contains("/benchmarks/");
  }
}
