package dev.pyvisor.bench;

import java.util.function.LongFunction;

/** What the figures of a row count. */
public enum Unit {
  NANOS("Nanos", Durations::text),
  BYTES("Bytes", Sizes::text);

  private final String suffix;
  private final LongFunction<String> writer;

  Unit(String suffix, LongFunction<String> writer) {
    this.suffix = suffix;
    this.writer = writer;
  }

  /** The end of the names of JSON fields in this unit. */
  String suffix() {
    return suffix;
  }

  /** The figure as people read it. */
  String text(long figure) {
    return writer.apply(figure);
  }
}
