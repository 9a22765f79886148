package dev.pyvisor.attack;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an attack finds on this machine, made for it alone: files and servers that hold a secret,
 * and processes that it may kill. Nothing else is ever aimed at. Closing removes all.
 *
 * <p>Confined to the test's thread.
 */
final class Plant implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration GRACE = Duration.ofSeconds(2);
  private static final Duration QUIET = Duration.ofMillis(250);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

  private final String secret = "planted-" + UUID.randomUUID();
  private final String mark = "planted-mark-" + UUID.randomUUID();
  private final Path folder;
  private final Path payload;
  private final Path shared;
  private final Path temporary;
  private final ObjectNode told;
  private final Process accomplice;
  private final Process victim;
  private final Map<String, String> before;

  /** {@code parent}: a folder that no launcher gives to a session. */
  Plant(Path parent, String python) throws IOException {
    folder = Files.createTempDirectory(parent, "host");
    payload = folder.resolve("payload");
    file(".ssh/id_ed25519", "PRIVATE KEY " + secret);
    file("secret.txt", secret);
    file("etc/shadow", "root:" + secret + ":19000:0:99999:7:::");
    file("token", secret);
    file("cores/.keep", "");
    shared = Files.writeString(Path.of("/dev/shm", mark), secret);
    temporary = Files.writeString(Path.of("/tmp", mark), secret);
    copy(Path.of(System.getProperty("pyvisor.root"), "runner/src"), payload);
    ProcessBuilder builder =
        new ProcessBuilder(
                python,
                "-I",
                "-S",
                Program.FOLDER.resolve("accomplice.py").toString(),
                Files.createTempDirectory(parent, "d").toString(),
                folder.resolve("secret.txt").toString(),
                otherAddress().orElse(""))
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PLANTED_SECRET", secret);
    accomplice = builder.start();
    String line =
        new BufferedReader(
                new InputStreamReader(accomplice.getInputStream(), StandardCharsets.UTF_8))
            .readLine();
    if (line == null) {
      throw new IOException("the accomplice has not started");
    }
    told = (ObjectNode) JSON.readTree(line);
    // The mark is how a program makes sure that it kills what was planted for it and nothing else.
    victim = new ProcessBuilder("/bin/sh", "-c", "read line", mark + "-victim").start();
    told.put("folder", folder.toString())
        .put("mark", mark)
        .put("shared", shared.toString())
        .put("temporary", temporary.toString())
        .put("payload", payload.toString())
        .put("victim", victim.pid());
    before = contents();
  }

  private void file(String name, String content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(one -> !one.toString().contains("__pycache__")).toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  /** An address of this machine that is not loopback: a sandbox must not reach that either. */
  static Optional<String> otherAddress() {
    try {
      return NetworkInterface.networkInterfaces()
          .flatMap(NetworkInterface::inetAddresses)
          .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
          .map(address -> address.getHostAddress())
          .findFirst();
    } catch (SocketException none) {
      return Optional.empty();
    }
  }

  /** What a success shows, and no program is given. */
  String secret() {
    return secret;
  }

  /** What is to be a runner's token. */
  Path token() {
    return folder.resolve("token");
  }

  /** A runner of its own, which may be spoilt. */
  Path payload() {
    return payload;
  }

  /** The home directory of all that are started for it. */
  Path home() {
    return folder.getParent().resolve(folder.getFileName() + "-home");
  }

  /** A directory that a host gives to its code, and takes results out of. */
  Path workspace() throws IOException {
    return Files.createDirectories(folder.resolveSibling(folder.getFileName() + "-workspace"));
  }

  /** A program, or a part of one, with what it is told in front. */
  String source(String code) throws IOException {
    return "PLANTED = r'''"
        + JSON.writeValueAsString(told)
        + "'''\n"
        + Files.readString(Program.FOLDER.resolve("preamble.py"))
            .replaceFirst("(?s)^\"\"\".*?\"\"\"", "")
        + code;
  }

  boolean changed() {
    return !contents().equals(before);
  }

  boolean victimHarmed() {
    return !victim.isAlive() || stopped(victim.pid());
  }

  /**
   * Whether a process that carries the mark lives on; those that do are ended. What is being killed
   * may take a moment, and one that forks itself away is missed by a look that comes between: only
   * a row of looks that find nothing shows that there is none.
   */
  boolean survivor() {
    try {
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(BETWEEN_LOOKS)
          .during(QUIET)
          .atMost(GRACE)
          .pollInSameThread()
          .until(() -> !marked(false));
      return false;
    } catch (ConditionTimeoutException still) {
      return true;
    }
  }

  private boolean marked(boolean end) {
    return ProcessHandle.allProcesses()
            .filter(process -> process.pid() != victim.pid())
            .filter(process -> commandLine(process.pid()).contains(mark))
            .peek(
                process -> {
                  if (end) {
                    process.destroyForcibly();
                  }
                })
            .count()
        > 0;
  }

  static String commandLine(long pid) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"));
    } catch (IOException | UncheckedIOException gone) {
      return "";
    }
  }

  static boolean stopped(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.substring(stat.lastIndexOf(')') + 2).startsWith("T");
    } catch (IOException gone) {
      return false;
    }
  }

  private Map<String, String> contents() {
    Map<String, String> found = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(one -> !one.toString().contains("__pycache__")).toList()) {
        found.put(
            file.toString(),
            Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                ? Files.getPosixFilePermissions(file)
                    + " "
                    + Arrays.hashCode(Files.readAllBytes(file))
                : "");
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(shared);
    Files.deleteIfExists(temporary);
    // One that forks itself away may need several.
    for (int i = 0; i < 100 && (marked(true) || i < 1); i++) {
      Thread.onSpinWait();
    }
    for (Process process : new Process[] {accomplice, victim}) {
      process.toHandle().destroyForcibly();
      process.onExit().join();
    }
  }
}
