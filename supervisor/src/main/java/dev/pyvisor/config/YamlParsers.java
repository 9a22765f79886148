package dev.pyvisor.config;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * All that needs the YAML library. It is optional: this class is touched for a YAML document only.
 *
 * <p>Immutable.
 */
final class YamlParsers {
  private static final Pattern MARK =
      Pattern.compile("^ in reader, line ([0-9]{1,7}), column", Pattern.MULTILINE);

  private YamlParsers() {}

  static JsonParser parser(String text, StreamReadConstraints limits) {
    return YAMLFactory.builder()
        .streamReadConstraints(limits)
        .build()
        .createParser(ObjectReadContext.empty(), text);
  }

  /** Whether the parser stands at a reference to something else in the document. */
  static boolean atAlias(JsonParser parser) {
    return parser instanceof YAMLParser yaml && yaml.isCurrentAlias();
  }

  /**
   * The line where a document goes wrong. The parser's own location is that of the last good token;
   * the mark stands in the text alone, unless one depends on the library below this one, too. What
   * the text quotes is indented, so it cannot be taken for a mark.
   */
  static OptionalInt markedLine(JacksonException malformed) {
    OptionalInt line = OptionalInt.empty();
    Matcher mark = MARK.matcher(String.valueOf(malformed.getOriginalMessage()));
    while (mark.find()) {
      // The first of two marks is where the outer thing began.
      line = OptionalInt.of(Integer.parseInt(mark.group(1)));
    }
    return line;
  }
}
