package dev.pyvisor.contract;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.StackWalker.Option;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;

/**
 * Keeps what a test has measured: one properties file per item, in the folder that the system
 * property {@code pyvisor.test.output} names, and a line on standard output. {@code pyvisor bench
 * evidence} gathers the files into {@code docs/evidence.md}. Recorded again, an item is replaced.
 */
public final class Evidence {
  private static final int LONGEST_NAME = 120;

  /** What goes behind an item's name; empty: its figures are printed and not kept. */
  private static volatile Optional<String> label = Optional.of("");

  private Evidence() {}

  /** From whom the figures come that are recorded next; empty: print them only. */
  static void label(Optional<String> label) {
    Evidence.label = label;
  }

  /**
   * Records an item without chance in it.
   *
   * @param rules ids of the rules and contracts that it shows
   * @param figure what was measured, with its units
   */
  public static void record(String item, List<String> rules, String figure, Counts counts) {
    write(item, rules, figure, counts, "none", caller());
  }

  /** Records an item whose course was drawn from {@code seed}. */
  public static void record(
      String item, List<String> rules, String figure, Counts counts, long seed) {
    write(item, rules, figure, counts, Long.toString(seed), caller());
  }

  private static void write(
      String plain, List<String> rules, String figure, Counts counts, String seed, String test) {
    String item = plain + label.orElse("");
    System.out.println("evidence: " + item + ": " + figure + "; count " + counts);
    String folder = System.getProperty("pyvisor.test.output", "");
    if (folder.isBlank() || label.isEmpty()) {
      return;
    }
    Properties fields = new Properties();
    fields.setProperty("item", item);
    fields.setProperty("test", test);
    fields.setProperty("rules", String.join(" ", rules));
    fields.setProperty("figure", figure);
    fields.setProperty("count", Integer.toString(counts.now()));
    fields.setProperty("designCount", Integer.toString(counts.design()));
    fields.setProperty("seed", seed);
    fields.setProperty("command", Tier.current().command());
    fields.setProperty("machine", machine());
    fields.setProperty("date", LocalDate.now(ZoneOffset.UTC).toString());
    Path file = Path.of(folder, fileName(test + " " + item));
    try {
      Files.createDirectories(file.getParent());
      try (Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
        fields.store(out, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the evidence file " + file, e);
    }
  }

  private static String caller() {
    return StackWalker.getInstance(Option.RETAIN_CLASS_REFERENCE)
        .walk(
            frames ->
                frames
                    .map(StackWalker.StackFrame::getDeclaringClass)
                    .filter(type -> type != Evidence.class)
                    .findFirst()
                    .map(Evidence::outermost)
                    .orElse("?"));
  }

  private static String outermost(Class<?> type) {
    return type.getName().substring(type.getPackageName().length() + 1).split("\\$")[0];
  }

  private static String machine() {
    return String.format(
        Locale.ROOT,
        "%s %s, %d cores, Java %s",
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        Runtime.getRuntime().availableProcessors(),
        Runtime.version().feature());
  }

  private static String fileName(String text) {
    String name = text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    // The hash keeps apart two items that differ only in what a file's name cannot hold.
    String end = "-" + Integer.toHexString(text.hashCode()) + ".properties";
    return name.substring(0, Math.min(name.length(), LONGEST_NAME)) + end;
  }
}
