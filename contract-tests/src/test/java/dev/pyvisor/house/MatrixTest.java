package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Nothing escapes the matrix: each backend is held against each contract. */
class MatrixTest {

  @Test
  void every_backend_has_a_test_for_every_contract() {
    // A module that provides none is what the backends share.
    List<String> backends =
        named(
            "TransportProvider",
            "transports/(\\w+)/src/main/resources/META-INF/services/dev.pyvisor.transport.TransportProvider");
    backends.remove("stdio"); // stdio-backend: it lacks what most contracts are about
    List<String> contracts =
        named(
            "Contract.java",
            "contract-tests/src/main/java/dev/pyvisor/contract/(\\w+)Contract.java");
    contracts.remove("Runner");
    assertThat(backends).contains("pipe");
    assertThat(contracts).contains("Execution", "LargeMessage");
    List<String> tests =
        named("Test.java", "contract-tests/src/test/java/dev/pyvisor/matrix/(\\w+)Test.java");

    List<String> rows = new ArrayList<>();
    for (String backend : backends) {
      String name = Character.toUpperCase(backend.charAt(0)) + backend.substring(1);
      contracts.forEach(contract -> rows.add(name + contract));
    }
    assertThat(tests).containsAll(rows);
  }

  private static List<String> named(String ending, String pattern) {
    List<String> names = new ArrayList<>();
    for (Path file : Sources.files(ending)) {
      String path = Sources.relative(file);
      if (path.matches(pattern)) {
        names.add(path.replaceFirst(pattern, "$1"));
      }
    }
    return names;
  }
}
