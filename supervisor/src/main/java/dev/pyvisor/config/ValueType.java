package dev.pyvisor.config;

import dev.pyvisor.ResourceLimits;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.transport.Input;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the text of a value is read, and written again in one form.
 *
 * <p>Immutable.
 *
 * @param form what a value is, for the table of keys and for values that must not be shown
 * @param reader throws IllegalArgumentException with the text and what to write instead
 */
record ValueType<T>(String form, Function<String, T> reader, Function<T, String> writer) {
  static final ValueType<Duration> DURATION =
      new ValueType<>("duration", DurationText::positive, DurationText::of);
  static final ValueType<Duration> GRACE =
      new ValueType<>("duration, or 0s", DurationText::grace, DurationText::of);
  static final ValueType<TimeLimit> LIMIT =
      new ValueType<>("duration, or none", DurationText::limit, DurationText::of);
  static final ValueType<Boolean> FLAG =
      new ValueType<>("true or false", ValueType::flag, String::valueOf);
  static final ValueType<Integer> COUNT =
      new ValueType<>("whole number from 1", text -> count(text, 1), String::valueOf);
  static final ValueType<Integer> OPEN_FILES =
      new ValueType<>(
          "whole number from " + ResourceLimits.LEAST_OPEN_FILES,
          text -> count(text, ResourceLimits.LEAST_OPEN_FILES),
          String::valueOf);
  static final ValueType<Long> SIZE =
      new ValueType<>("size, as 512MiB or 2GB", SizeText::bytes, SizeText::of);
  static final ValueType<Long> MEMORY =
      new ValueType<>(
          SIZE.form(), text -> SizeText.bytes(text, ResourceLimits.LEAST_MEMORY), SizeText::of);
  static final ValueType<Path> PATH = new ValueType<>("path", ValueType::path, Path::toString);
  static final ValueType<String> TEXT =
      new ValueType<>("text", ValueType::text, Function.identity());
  static final ValueType<List<String>> NAMES =
      new ValueType<>("list of names", ValueType::names, names -> String.join(",", names));
  static final ValueType<List<Input>> INPUTS =
      new ValueType<>("list of paths, each PATH or PATH=NAME", ValueType::inputs, ValueType::text);

  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,10}");

  /** One of a few words. */
  static ValueType<String> oneOf(String form, List<String> words) {
    return new ValueType<>(form, text -> word(text, words), Function.identity());
  }

  T read(String text) {
    return reader.apply(text);
  }

  boolean list() {
    return this == NAMES || this == INPUTS;
  }

  private static String word(String text, List<String> words) {
    if (words.contains(text)) {
      return text;
    }
    throw new IllegalArgumentException(
        Quote.of(text)
            + " is unknown; usable: "
            + String.join(", ", words)
            + Nearest.to(text, words).question());
  }

  /** YAML's older words for truth are told apart from nonsense: many documents have them. */
  private static Boolean flag(String text) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default ->
          throw new IllegalArgumentException(
              Quote.of(text)
                  + " is neither true nor false; write "
                  + switch (text.toLowerCase(Locale.ROOT)) {
                    case "yes", "on", "y", "1", "true" -> "true";
                    case "no", "off", "n", "0", "false" -> "false";
                    default -> "one of these";
                  });
    };
  }

  private static Integer count(String text, int least) {
    if (DIGITS.matcher(text).matches()) {
      long number = Long.parseLong(text);
      if (number >= least && number <= Integer.MAX_VALUE) {
        return (int) number;
      }
    }
    throw new IllegalArgumentException(
        Quote.of(text) + " is no whole number from " + least + " to " + Integer.MAX_VALUE);
  }

  private static Path path(String text) {
    if (text.isBlank()) {
      throw new IllegalArgumentException(
          Quote.of(text) + " is no path; leave the key out for its default");
    }
    if (text.equals("~") || text.startsWith("~/")) {
      throw new IllegalArgumentException(
          Quote.of(text) + " begins with ~, which only a shell replaces; write the whole path");
    }
    try {
      return Path.of(text);
    } catch (InvalidPathException odd) {
      throw new IllegalArgumentException(Quote.of(text) + " is no path; write another");
    }
  }

  private static String text(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(Quote.of(text) + " has a NUL; write it without");
    }
    return text;
  }

  /**
   * A name is what follows the last equals sign, so a path that holds one needs a name behind it.
   */
  private static List<Input> inputs(String text) {
    List<Input> inputs = List.of();
    for (String part : text.isBlank() ? new String[0] : text.split(",", -1)) {
      String input = part.strip();
      int equals = input.lastIndexOf('=');
      boolean named = equals >= 0 && input.indexOf('/', equals) < 0;
      Path host = path(named ? input.substring(0, equals) : input);
      inputs =
          (named ? new Input(host, input.substring(equals + 1)) : Input.of(host)).after(inputs);
    }
    return inputs;
  }

  private static String text(List<Input> inputs) {
    return inputs.stream()
        .map(
            input ->
                input.host().endsWith(input.name())
                    ? input.host().toString()
                    : input.host() + "=" + input.name())
        .collect(Collectors.joining(","));
  }

  private static List<String> names(String text) {
    List<String> names = new ArrayList<>();
    if (text.isBlank()) {
      return names;
    }
    for (String part : text.split(",", -1)) {
      String name = part.strip();
      if (name.isEmpty() || name.indexOf('=') >= 0 || name.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            Quote.of(text) + " has a name that is none; write names with a comma between them");
      }
      names.add(name);
    }
    return names;
  }
}
