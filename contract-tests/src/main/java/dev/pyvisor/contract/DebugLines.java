package dev.pyvisor.contract;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The debug log of a client that is closed. */
final class DebugLines {
  private final String text;
  private final List<JsonNode> lines;

  private DebugLines(String text) {
    this.text = text;
    this.lines = text.lines().map(JsonMapper.shared()::readTree).toList();
  }

  /** Closing waits half a second for the disk; a test has the time to wait for all of it. */
  static DebugLines of(Path file) throws IOException {
    await().until(() -> Files.readString(file).contains("\"event\":\"client.closed\""));
    return new DebugLines(Files.readString(file));
  }

  /** All of it as it stands in the file. */
  String text() {
    return text;
  }

  List<JsonNode> all() {
    return lines;
  }

  /** The names of the events, in their order. */
  List<String> events() {
    return lines.stream().map(line -> line.get("event").asString()).toList();
  }

  /** The lines of one event. */
  List<JsonNode> of(String event) {
    return lines.stream().filter(line -> line.get("event").asString().equals(event)).toList();
  }

  /** The names of the fields of a line, in their order. */
  static List<String> names(JsonNode line) {
    return line.properties().stream().map(Map.Entry::getKey).toList();
  }
}
