package dev.pyvisor.runner;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.lang.module.ModuleDescriptor.Version;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the payload's own unit tests on every Python of the machine that it supports: on the first
 * found of each 3.x (that of the PATH, with the packages that it has), in {@code -Pfull} on each of
 * its patch releases too. How many of them run on which, {@link Share} says.
 */
class PayloadUnitTest {
  private static final String TIER = System.getProperty("pyvisor.tier", "verify");

  /** Wide: four runs at once share two cores, and each has tests that wait for many graces. */
  private static final long LIMIT_SECONDS = TIER.equals("full") ? 4_000 : 400;

  /** The tests wait more than they compute: cells that are stuck, graces that pass. */
  private static final int AT_ONCE = 4;

  private static final Path RUNNER = Path.of(System.getProperty("pyvisor.root"), "runner");

  /** To ask each program on the PATH takes longer than many a test. */
  private static Map<String, Path> pythons = Map.of();

  @TempDir Path scratch;

  @BeforeAll
  static void findPythons() throws Exception {
    pythons = Pythons.all();
  }

  @TestFactory
  Stream<DynamicTest> the_unit_tests_pass_on() throws IOException {
    assertThat(pythons.keySet()).as("Python 3.9 or newer").anyMatch(Pythons::supported);
    ExecutorService runs = Executors.newFixedThreadPool(AT_ONCE);
    List<DynamicTest> tests = new ArrayList<>();
    List<String> tested = tested();
    for (String version : tested) {
      Path python = pythons.get(version);
      Share share = share(version, tested);
      List<Future<Integer>> parts =
          dealtOut(share.runs).stream()
              .map(modules -> runs.submit(() -> test(python, modules, share)))
              .toList();
      tests.add(DynamicTest.dynamicTest("Python " + version, () -> passed(version, parts)));
    }
    runs.shutdown();
    return tests.stream();
  }

  /** The first found of each 3.x, in the order of the PATH; all in the tier full. */
  private static List<String> tested() {
    Set<String> lines = new HashSet<>();
    return pythons.keySet().stream()
        .filter(Pythons::supported)
        .filter(version -> lines.add(Pythons.line(version)) || TIER.equals("full"))
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> a_python_too_old_is_told_so_by() {
    return pythons.entrySet().stream()
        .filter(python -> !Pythons.supported(python.getKey()))
        .map(python -> DynamicTest.dynamicTest("Python " + python.getKey(), () -> refused(python)));
  }

  @Test
  void the_built_payload_answers_from_inside_its_zip() throws Exception {
    Path payload = Files.write(scratch.resolve("runner.pyz"), RunnerPayload.bytes());
    Path python = newest();
    Run run =
        run(
            List.of(python.toString(), "-I", "-S", payload.toString(), "supervisor"),
            scratch,
            30,
            "");
    assertThat(run.exit).as(run.text).isZero();
    assertThat(run.text).containsPattern("\"magic\": ?\"pyvisor\"");
  }

  /** Every module of the tests, in so many parts. */
  private static List<List<String>> dealtOut(int number) throws IOException {
    List<String> modules;
    try (Stream<Path> files = Files.list(RUNNER.resolve("tests"))) {
      modules =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.startsWith("test_") && name.endsWith(".py"))
              .map(name -> "tests." + name.substring(0, name.length() - ".py".length()))
              .sorted()
              .toList();
    }
    return IntStream.range(0, number)
        .mapToObj(
            part ->
                IntStream.range(0, modules.size())
                    .filter(i -> i % number == part)
                    .mapToObj(modules::get)
                    .toList())
        .toList();
  }

  private static void passed(String python, List<Future<Integer>> parts) throws Throwable {
    int ran = 0;
    try {
      for (Future<Integer> part : parts) {
        ran += part.get();
      }
    } catch (ExecutionException failed) {
      throw failed.getCause();
    }
    System.out.println("payload on Python " + python + ": Ran " + ran + " tests, all passed");
  }

  /** Runs the tests of these modules; returns how many there were. */
  private int test(Path python, List<String> modules, Share share) throws Exception {
    List<String> command = new ArrayList<>(List.of(python.toString(), "-B", "-m", "unittest"));
    command.addAll(modules);
    Path temporary = Files.createTempDirectory("tests");
    Run run = run(command, RUNNER, LIMIT_SECONDS, "", share, temporary);
    Matcher ran = Pattern.compile("Ran (\\d+) tests? in").matcher(run.text);
    String told = failuresFirst(run.text);
    assertThat(run.exit).as(told).isZero();
    assertThat(ran.find()).as(told).isTrue();
    int number = Integer.parseInt(ran.group(1));
    assertThat(number).as("number of tests run").isPositive();
    assertThat(temporary).as("what is left of the tests of %s", modules).isEmptyDirectory();
    Files.delete(temporary);
    run.text.lines().filter(line -> line.contains("(design's")).forEach(System.out::println);
    return number;
  }

  /** A log that shows only a part of a long message should show what failed, not what passed. */
  private static String failuresFirst(String text) {
    int failures = text.indexOf("=".repeat(70));
    return failures < 0
        ? text
        : text.substring(failures) + "\n\nBefore that:\n" + text.substring(0, failures);
  }

  private void refused(Map.Entry<String, Path> python) throws Exception {
    Run run =
        run(
            List.of(
                python.getValue().toString(),
                RUNNER.resolve("src/__main__.py").toString(),
                "supervisor"),
            scratch,
            30,
            "");
    assertThat(run.exit).isEqualTo(64);
    assertThat(run.text.strip().lines()).hasSize(1);
    assertThat(run.text).contains("3.9").contains(python.getKey()).doesNotContain("Traceback");
  }

  private static Path newest() {
    return pythons.entrySet().stream()
        .filter(python -> Pythons.supported(python.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElseThrow();
  }

  private record Run(int exit, String text) {}

  private Run run(List<String> command, Path directory, long seconds, String input)
      throws IOException, InterruptedException {
    return run(command, directory, seconds, input, Share.EVERYTHING, scratch);
  }

  private Run run(
      List<String> command, Path directory, long seconds, String input, Share share, Path temporary)
      throws IOException, InterruptedException {
    File output = Files.createTempFile(scratch, "run", ".txt").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output);
    builder.environment().put("PYVISOR_TIER", TIER);
    builder.environment().put("PYVISOR_THOROUGH", share.word);
    builder.environment().put("TMPDIR", temporary.toString());
    Process process = builder.start();
    process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().close();
    if (!process.waitFor(seconds, TimeUnit.SECONDS)) {
      process.toHandle().destroyForcibly();
      process.waitFor();
      throw new AssertionError(
          command + " was not done within " + seconds + " s:\n" + read(output.toPath()));
    }
    return new Run(process.exitValue(), read(output.toPath()));
  }

  /** How much of the unit tests runs on a Python; what `tests/support/tier.py` calls it. */
  private enum Share {
    EVERYTHING("yes", 16),
    /** What starts no runner: the contracts do on it. */
    UNITS("units", 4),
    /** Of that what is done in moments and may depend on the Python. */
    QUICK("quick", 1);

    final String word;

    /**
     * Into how many runs the modules of a Python are dealt out: in two runs of everything a core
     * and a half were idle for minutes beside the longer one.
     */
    final int runs;

    Share(String word, int runs) {
      this.word = word;
      this.runs = runs;
    }
  }

  /**
   * In the smallest tier one Python runs everything, the first, and the oldest what starts no
   * runner; all others run the quick ones of that. In the next tiers each runs everything.
   */
  private static Share share(String version, List<String> tested) {
    if (!TIER.equals("verify") || version.equals(tested.get(0))) {
      return Share.EVERYTHING;
    }
    String oldest = Collections.min(tested, Comparator.comparing(Version::parse));
    return version.equals(oldest) ? Share.UNITS : Share.QUICK;
  }

  private static String read(Path file) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
  }
}
