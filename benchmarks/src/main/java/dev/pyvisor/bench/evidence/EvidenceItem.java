package dev.pyvisor.bench.evidence;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * One thing that a test has shown, as {@code dev.pyvisor.contract.Evidence} writes it.
 *
 * @param count how often it was done
 * @param designCount how often the design asks for
 */
record EvidenceItem(
    String item,
    String test,
    String rules,
    String figure,
    int count,
    int designCount,
    String seed,
    String command,
    String machine,
    String date) {

  static EvidenceItem read(Path file) throws IOException {
    Properties fields = new Properties();
    try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      fields.load(in);
    }
    return new EvidenceItem(
        field(fields, "item", file),
        field(fields, "test", file),
        field(fields, "rules", file),
        field(fields, "figure", file),
        Integer.parseInt(field(fields, "count", file)),
        Integer.parseInt(field(fields, "designCount", file)),
        field(fields, "seed", file),
        field(fields, "command", file),
        field(fields, "machine", file),
        field(fields, "date", file));
  }

  private static String field(Properties fields, String name, Path file) throws IOException {
    String value = fields.getProperty(name);
    if (value == null) {
      throw new IOException(file + " has no field '" + name + "'");
    }
    return value;
  }
}
