package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.backend.BackendUnderTest;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.Row;
import dev.pyvisor.contract.backend.WebsocketBackend;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Whose figures are kept, and under which names. */
class FiguresTest {

  @Test
  void each_backend_keeps_those_of_the_standard_python() {
    assertThat(label(new PipeBackend(), Row.Place.STANDARD)).contains("");
    assertThat(label(new WebsocketBackend(), Row.Place.STANDARD)).contains(", over websocket");
    assertThat(label(new WebsocketBackend(), Row.Place.BESIDE)).contains(", over websocket");
  }

  @Test
  void other_pythons_and_sandboxes_keep_none() {
    for (Row.Place place : new Row.Place[] {Row.Place.OTHER, Row.Place.BETWEEN, Row.Place.LIGHT}) {
      assertThat(label(new PipeBackend(), place)).as("%s", place).isEmpty();
    }
  }

  private static Optional<String> label(BackendUnderTest backend, Row.Place place) {
    return Figures.label(new Row(backend, "3.11", Path.of("python3"), place));
  }
}
