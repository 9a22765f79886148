package dev.pyvisor.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code pyvisor} on a pseudo-terminal, at which {@code terminal.py} types. */
final class Terminal {
  static final String CTRL_C = "\u0003";
  private static final JsonMapper JSON = JsonMapper.shared();

  /** Bounds a whole run; a cold JVM and a cold Python on a loaded machine take seconds. */
  private static final int LIMIT_SECONDS = 60;

  /** The design's two seconds for what an abrupt end leaves, as they are on a loaded machine. */
  private static final Duration GONE = Duration.ofSeconds(10);

  private final Path scratch;
  private final Path temporary;
  private final String tag = "TERMINAL_TEST=" + UUID.randomUUID();
  private final ObjectNode order = JSON.createObjectNode();
  private final List<String> command;

  /**
   * @param scratch an empty directory: what runs works in it, and has {@code started} there
   */
  Terminal(Path scratch, String... arguments) throws IOException {
    this.scratch = scratch;
    temporary = Files.createDirectory(scratch.resolve("tmp"));
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(1, List.of("--env", tag));
    command = Command.line(List.of("-Djava.io.tmpdir=" + temporary), all);
    order.put("directory", scratch.toString());
    order.put("started", scratch.resolve("started").toString());
    order.put("limitS", LIMIT_SECONDS);
    order.put("splitOut", true);
    order.put("deaf", false);
    order.putArray("script");
  }

  /** Standard output is the terminal, too. */
  Terminal whole() {
    order.put("splitOut", false);
    return this;
  }

  /** As a shell starts a job in the background where there is no job control. */
  Terminal ignoringInterrupts() {
    command.addAll(0, List.of("/bin/sh", "-c", "trap '' INT; exec \"$@\"", "sh"));
    return this;
  }

  /** Nobody reads what comes, before the end. */
  Terminal deaf() {
    order.put("deaf", true);
    return this;
  }

  /** Types {@code keys} when {@code text} has come from {@code source}. */
  Terminal type(String keys, String source, String text) {
    return type(keys, source, text, 0);
  }

  /** Like {@link #type(String, String, String)}, after the moment that it takes to type. */
  Terminal type(String keys, String source, String text, int pauseMillis) {
    ObjectNode step = order.withArray("script").addObject();
    step.put("type", keys).put("pauseMs", pauseMillis);
    step.putObject("after").put("source", source).put("text", text);
    return this;
  }

  /** Types {@code keys} so long after the step before it, or after the start. */
  Terminal type(String keys, int pauseMillis) {
    order.withArray("script").addObject().put("type", keys).put("pauseMs", pauseMillis);
    return this;
  }

  Result run() throws Exception {
    var line = order.putArray("command");
    command.forEach(line::add);
    Path driver = scratch.resolve("terminal.py");
    try (var source = Terminal.class.getResourceAsStream("terminal.py")) {
      Files.write(driver, source.readAllBytes());
    }
    Process process = new ProcessBuilder(Command.python(), "-I", driver.toString()).start();
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(order.toString().getBytes(StandardCharsets.UTF_8));
    }
    byte[] told = process.getInputStream().readAllBytes();
    if (process.waitFor() != 0) {
      throw new AssertionError(new String(process.getErrorStream().readAllBytes()));
    }
    return new Result(JSON.readTree(told), leftInTheEnd());
  }

  /**
   * What is there when the time is over that processes have to end behind a program that did not
   * wait for them: a second Ctrl-C may come while it does.
   */
  private List<String> leftInTheEnd() throws IOException {
    try {
      Awaitility.await().atMost(GONE).until(() -> left().isEmpty());
    } catch (ConditionTimeoutException stillThere) {
      // They are named.
    }
    return left();
  }

  /** Processes that were started for the cells, and temporary files. */
  private List<String> left() throws IOException {
    List<String> left = new ArrayList<>();
    try (Stream<Path> files = Files.list(temporary)) {
      // Reports of what hangs are there to be read afterwards.
      files
          .filter(file -> !file.getFileName().toString().startsWith("pyvisor-evidence-"))
          .forEach(file -> left.add("file " + file));
    }
    try (Stream<ProcessHandle> processes = ProcessHandle.allProcesses()) {
      processes.filter(this::ours).forEach(process -> left.add("process " + process.pid()));
    }
    return left;
  }

  private boolean ours(ProcessHandle process) {
    try {
      Path environment = Path.of("/proc", Long.toString(process.pid()), "environ");
      return ("\0" + Files.readString(environment, StandardCharsets.ISO_8859_1))
          .contains("\0" + tag);
    } catch (IOException gone) {
      return false;
    }
  }

  /**
   * What came of it.
   *
   * @param left processes and files that are still there
   */
  record Result(JsonNode told, List<String> left) {
    int status() {
      return told.get("status").asInt();
    }

    boolean gaveUp() {
      return told.get("gaveUp").asBoolean();
    }

    /** All that the terminal showed, with the echo of what was typed. */
    String terminal() {
      return told.get("terminal").asString();
    }

    String stdout() {
      return told.get("stdout").asString();
    }

    /** Seconds from the last key to the end of the program; 0 where it ended before. */
    double secondsToTheEnd() {
      return told.get("endedAt").asDouble() - lastTyped();
    }

    /** Seconds from the last key to a line of standard output, counted from 0. */
    double secondsToLine(int number) {
      return told.get("lines").get(number).get(0).asDouble() - lastTyped();
    }

    /** A line of standard output as JSON. */
    JsonNode line(int number) {
      return JSON.readTree(told.get("lines").get(number).get(1).asString());
    }

    int lines() {
      return told.get("lines").size();
    }

    private double lastTyped() {
      JsonNode typed = told.get("typedAt");
      return typed.isEmpty()
          ? told.get("endedAt").asDouble()
          : typed.get(typed.size() - 1).asDouble();
    }

    @Override
    public String toString() {
      return "status "
          + status()
          + ", left "
          + left
          + "\n"
          + end(terminal())
          + "\n"
          + end(stdout());
    }

    private static String end(String text) {
      return text.substring(Math.max(0, text.length() - 2_000));
    }
  }
}
