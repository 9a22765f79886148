package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The version of a Python interpreter.
 *
 * <p>Immutable.
 */
public record PythonVersion(int major, int minor) implements Comparable<PythonVersion> {
  /** The oldest that runs the runner; its own {@code __main__.py} says the same. */
  public static final PythonVersion OLDEST = new PythonVersion(3, 9);

  private static final Pattern TEXT = Pattern.compile("(\\d{1,3})\\.(\\d{1,4})");
  private static final Pattern FILE = Pattern.compile("python(\\d)\\.(\\d{1,3})");
  private static final String QUESTION =
      "import sys; sys.stdout.write('%d.%d' % tuple(sys.version_info[:2]))";
  private static final Duration LIMIT = Duration.ofSeconds(5);
  private static final int ANSWER = 64;

  /** Whether the runner can be run by it. */
  public boolean usable() {
    return compareTo(OLDEST) >= 0;
  }

  /**
   * The version by the name of the file that a link leads to, as distributions name it; costs no
   * process.
   */
  static Optional<PythonVersion> byName(Path interpreter) {
    try {
      Path name = interpreter.toRealPath().getFileName();
      Matcher matcher = FILE.matcher(name == null ? "" : name.toString());
      return matcher.matches() ? Optional.of(of(matcher)) : Optional.empty();
    } catch (IOException unreadable) {
      return Optional.empty();
    }
  }

  /** The version by asking; empty where nothing like Python answers within the limit. */
  public static Optional<PythonVersion> byAsking(Path interpreter) {
    Process process;
    try {
      ProcessBuilder builder =
          new LaunchPlan(
                  List.of(interpreter.toString(), "-E", "-S", "-c", QUESTION),
                  environment(),
                  Path.of("/"))
              .builder()
              .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")))
              .redirectError(ProcessBuilder.Redirect.DISCARD);
      process = Spawner.start(builder, LIMIT);
    } catch (IOException notStarted) {
      return Optional.empty();
    }
    try {
      if (!process.waitFor(LIMIT.toNanos(), TimeUnit.NANOSECONDS)) {
        return Optional.empty();
      }
      // It has exited, so its few bytes are in the pipe or in the stream's own buffer.
      byte[] said = process.getInputStream().readNBytes(ANSWER);
      Matcher matcher = TEXT.matcher(new String(said, StandardCharsets.US_ASCII));
      return matcher.lookingAt() ? Optional.of(of(matcher)) : Optional.empty();
    } catch (IOException unreadable) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } finally {
      process.toHandle().destroyForcibly();
    }
  }

  private static Map<String, String> environment() {
    String path = System.getenv("PATH");
    return path == null ? Map.of() : Map.of("PATH", path);
  }

  private static PythonVersion of(Matcher matcher) {
    return new PythonVersion(
        Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
  }

  @Override
  public int compareTo(PythonVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
