package dev.pyvisor.config;

import dev.pyvisor.Defaults;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * What a document is written in.
 *
 * <p>Immutable.
 */
public enum ConfigFormat {
  YAML("YAML", "look at the indentation, the quotes and the space behind a colon") {
    @Override
    JsonParser parser(String text) {
      return YamlParsers.parser(text, LIMITS);
    }
  },
  JSON("JSON", "look for a missing quote, comma or bracket") {
    @Override
    JsonParser parser(String text) {
      return JsonFactory.builder()
          .streamReadConstraints(LIMITS)
          .build()
          .createParser(ObjectReadContext.empty(), text);
    }
  };

  private static final StreamReadConstraints LIMITS =
      StreamReadConstraints.builder().maxNestingDepth(Defaults.CONFIGURATION_DEPTH).build();

  private final String word;
  private final String advice;

  ConfigFormat(String word, String advice) {
    this.word = word;
    this.advice = advice;
  }

  /**
   * By the ending of a file's name.
   *
   * @throws ConfigurationException when it is neither .yaml nor .yml nor .json
   */
  static ConfigFormat of(Path file) {
    String name = file.toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".yaml") || name.endsWith(".yml")) {
      return YAML;
    }
    if (name.endsWith(".json")) {
      return JSON;
    }
    throw new ConfigurationException(
        List.of(Quote.plain(file + ": name it .yaml, .yml or .json, as what is in it")));
  }

  /** The word for people. */
  String word() {
    return word;
  }

  /** What to look at where a document cannot be read. */
  String advice() {
    return advice;
  }

  abstract JsonParser parser(String text);
}
