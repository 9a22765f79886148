package dev.pyvisor.bench.python;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What the figures were measured on.
 *
 * @param load the average of the last minute, before anything was started
 */
public record MachineFacts(
    String system, String processor, int cores, String java, String python, double load) {

  /** The facts of this machine, now. */
  public static MachineFacts of(Interpreter interpreter) {
    return new MachineFacts(
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + " "
            + System.getProperty("os.arch"),
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        interpreter.version(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** One line. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%s; %s, %d cores; Java %s; Python %s; load %.2f at the start",
        system,
        processor,
        cores,
        java,
        python,
        load);
  }

  private static String processorName() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor";
    }
  }
}
