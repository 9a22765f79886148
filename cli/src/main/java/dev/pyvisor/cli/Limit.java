package dev.pyvisor.cli;

import dev.pyvisor.ResourceLimits;
import dev.pyvisor.TimeLimit;
import dev.pyvisor.config.DurationText;
import dev.pyvisor.config.SizeText;
import java.time.Duration;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Limits as options: the command line takes what a configuration takes. */
final class Limit {
  private Limit() {}

  /** Reads {@code DUR} or {@code none}. */
  static final class OrNone implements ITypeConverter<TimeLimit> {
    @Override
    public TimeLimit convert(String text) {
      return converted(text, DurationText::limit);
    }
  }

  /** Reads {@code DUR}, which may be zero. */
  static final class Grace implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return converted(text, DurationText::grace);
    }
  }

  /** Reads {@code SIZE}, of memory. */
  static final class Memory implements ITypeConverter<Long> {
    @Override
    public Long convert(String text) {
      return converted(text, size -> SizeText.bytes(size, ResourceLimits.LEAST_MEMORY));
    }
  }

  private static <T> T converted(String text, Function<String, T> reader) {
    try {
      return reader.apply(text);
    } catch (IllegalArgumentException refused) {
      throw new TypeConversionException(refused.getMessage());
    }
  }
}
