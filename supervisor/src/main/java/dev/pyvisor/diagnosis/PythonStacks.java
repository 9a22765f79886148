package dev.pyvisor.diagnosis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.pyvisor.transport.RunnerTag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Python stacks of a runner's processes, got without the supervisor: a signal makes each of
 * them append its stacks to a file. They are asked first, which an interpreter answers between two
 * instructions. Those that are in C code all the while are made to answer by another signal, whose
 * handler is C code itself: it needs no interpreter, and could end one that works (the runner's
 * evidence.py says how often). A stopped process appends nothing; then the report shows what the
 * file held before.
 *
 * <p>Immutable.
 */
final class PythonStacks {
  /** SIGRTMIN + 7; see the runner's evidence.py. */
  static final int ASK = 41;

  /** SIGRTMIN + 6; see the runner's evidence.py. */
  static final int INSIST = 40;

  private static final Pattern FILE = Pattern.compile(".*/stacks-[\\w.-]+\\.txt");
  private static final Pattern CELL = Pattern.compile("File \"(<cell \\d+>)\", line (\\d+)");
  private static final int SHOWN_BYTES = 64 * 1024;
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(10);

  /** An interpreter that gets on answers in it, also where threads take turns. */
  private static final Duration ANSWER = Duration.ofMillis(50);

  /** For one of several that write to the same file: to be asked, and to be made to answer. */
  private static final Duration TURN = ANSWER.multipliedBy(2);

  /** Of work in which an interpreter would have come to its next instruction. */
  private static final int WORKED_TICKS = 2;

  private PythonStacks() {}

  /**
   * What a process said, and whether it said it now.
   *
   * <p>Immutable.
   */
  record Stacks(Path file, String text, boolean fresh) {
    /** The innermost line of a cell: {@code <cell 1> line 3}; empty where no cell is on a stack. */
    String place() {
      return PythonStacks.place(text);
    }
  }

  static String place(String stacks) {
    Matcher cell = CELL.matcher(stacks);
    return cell.find() ? cell.group(1) + " line " + cell.group(2) : "";
  }

  /**
   * Asks those of the processes that have a handler, and waits at most so long for those that can
   * answer. A process that a cell forked writes to the file of its kernel, and nobody signs: they
   * are asked one after the other. There is nothing for whom no time is left: one that may still
   * answer, and would pass for the next, uses it up.
   */
  static Map<Long, Stacks> of(List<ProcessFacts> processes, Path directory, Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    List<Queue<Writer>> files = writers(processes, directory);
    Map<Long, Stacks> found = new LinkedHashMap<>();
    while (!files.isEmpty() && (found.isEmpty() || end - System.nanoTime() >= TURN.toNanos())) {
      found.putAll(askedAtOnce(files.stream().map(Queue::remove).toList(), end));
      files.removeIf(Queue::isEmpty);
    }
    return found;
  }

  /**
   * A process and the file that it writes to.
   *
   * <p>Immutable.
   */
  private record Writer(ProcessFacts process, Path file) {}

  /** Those that have a file: for each file who writes to it, in turn. */
  private static List<Queue<Writer>> writers(List<ProcessFacts> processes, Path directory) {
    Map<Object, Queue<Writer>> found = new LinkedHashMap<>();
    for (ProcessFacts process : processes) {
      Path file = process.dumps() ? file(process.pid(), directory) : null;
      if (file != null) {
        found
            .computeIfAbsent(identity(file), key -> new ArrayDeque<>())
            .add(new Writer(process, file));
      }
    }
    return new ArrayList<>(found.values());
  }

  private static Object identity(Path file) {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (IOException gone) {
      return file;
    }
  }

  private static Map<Long, Stacks> askedAtOnce(List<Writer> writers, long end) {
    Map<Path, Long> before = new LinkedHashMap<>();
    writers.forEach(writer -> before.put(writer.file, size(writer.file)));
    List<Long> asked =
        writers.stream()
            .map(Writer::process)
            .filter(ProcessFacts::answers)
            .map(ProcessFacts::pid)
            .toList();
    boolean sent = signal(ASK, asked, end);
    List<Asked> awaited =
        writers.stream()
            .filter(writer -> writer.process.canAnswer())
            .map(writer -> Asked.of(writer.process.pid(), writer.file))
            .toList();
    List<Asked> silent = awaited;
    while (sent && !silent.isEmpty() && System.nanoTime() < end) {
      settle(sizes(silent, before), Math.min(end, System.nanoTime() + ANSWER.toNanos()));
      // The supervisor may empty a file for questions of its own.
      silent =
          silent.stream()
              .filter(process -> size(process.file) == before.get(process.file))
              .toList();
      List<Long> inC = silent.stream().filter(Asked::isInC).map(Asked::pid).toList();
      sent = signal(INSIST, inC, end);
    }
    List<Asked> answering = new ArrayList<>(awaited);
    answering.removeAll(silent);
    if (sent) {
      settle(sizes(answering, before), end);
    }
    Map<Long, Stacks> found = new LinkedHashMap<>();
    writers.forEach(
        writer -> found.put(writer.process.pid(), read(writer.file, before.get(writer.file))));
    return found;
  }

  private static Map<Path, Long> sizes(List<Asked> asked, Map<Path, Long> sizes) {
    Map<Path, Long> found = new LinkedHashMap<>();
    asked.forEach(process -> found.put(process.file, sizes.get(process.file)));
    return found;
  }

  /**
   * A process to which the question went, and from which an answer may come.
   *
   * <p>Immutable.
   *
   * @param ticks processor time that its main thread had used when it had been asked
   */
  private record Asked(long pid, Path file, long ticks) {
    static Asked of(long pid, Path file) {
      return new Asked(pid, file, ProcessFacts.mainThread(pid).map(ProcessFacts::ticks).orElse(0L));
    }

    /** Whether it took the question and has come to no instruction of Python since. */
    boolean isInC() {
      return ProcessFacts.mainThread(pid)
          // A program that it has started in its place since would be ended.
          .filter(ProcessFacts::dumps)
          .filter(now -> now.ticks() - ticks >= WORKED_TICKS || waitsInC(now))
          .filter(now -> !ProcessFacts.isPending(pid, ASK))
          .isPresent();
    }

    /**
     * Whether it sleeps, and not until Python gives it the lock of the interpreter: then a thread
     * that has the lock runs. It may be handed over during the look at the others.
     */
    private static boolean waitsInC(ProcessFacts mainThread) {
      long pid = mainThread.pid();
      return mainThread.state() == 'S'
          && !ProcessFacts.othersWork(pid)
          && ProcessFacts.mainThread(pid)
              .filter(now -> now.state() == 'S' && now.ticks() == mainThread.ticks())
              .isPresent();
    }
  }

  /**
   * Where a process appends its stacks: it holds the file open. It is read by that descriptor, not
   * by its name: the name may be one of a sandbox, and what it leads to here is another matter. The
   * supervisor's descriptors are hidden from who is not root.
   */
  private static @Nullable Path file(long pid, Path directory) {
    Map<Integer, String> descriptors = ProcFs.descriptors(pid);
    for (Map.Entry<Integer, String> open : descriptors.entrySet()) {
      Path file = ProcFs.descriptor(pid, open.getKey());
      if (FILE.matcher(open.getValue()).matches() && Files.isRegularFile(file)) {
        return file;
      }
    }
    if (descriptors.isEmpty()) {
      for (Path folder : List.of(directory, directory.resolve(RunnerTag.SANDBOXED))) {
        Path supervisors = folder.resolve("stacks-supervisor.txt");
        if (Files.isRegularFile(supervisors, LinkOption.NOFOLLOW_LINKS)) {
          return supervisors;
        }
      }
    }
    return null;
  }

  /**
   * A JVM cannot send these signals itself.
   *
   * @return false where it could not be sent in time, or there is no shell to do it
   */
  private static boolean signal(int number, List<Long> pids, long end) {
    if (pids.isEmpty()) {
      return true;
    }
    List<String> command =
        new ArrayList<>(List.of("sh", "-c", "kill -" + number + " \"$@\"", "kill"));
    pids.forEach(pid -> command.add(Long.toString(pid)));
    try {
      Process kill =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      // One process that has just ended makes it fail, and the others have been asked.
      return kill.waitFor(Math.max(0, end - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (IOException noShell) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Waits until every file has changed and none changes any more. */
  private static void settle(Map<Path, Long> before, long end) {
    Map<Path, Long> last = before;
    while (System.nanoTime() < end) {
      // What a signal handler of another process writes is no event that a JVM could wait for.
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
      Map<Path, Long> now = new LinkedHashMap<>();
      before.keySet().forEach(file -> now.put(file, size(file)));
      if (now.equals(last)
          && now.entrySet().stream()
              .noneMatch(file -> file.getValue().equals(before.get(file.getKey())))) {
        return;
      }
      last = now;
    }
  }

  private static Stacks read(Path file, long from) {
    long size = size(file);
    boolean fresh = size > from;
    long start = Math.max(fresh ? from : 0, size - SHOWN_BYTES);
    try (SeekableByteChannel in = open(file)) {
      ByteBuffer bytes =
          ByteBuffer.allocate((int) Math.min(SHOWN_BYTES, Math.max(0, size - start)));
      in.position(start);
      while (bytes.hasRemaining() && in.read(bytes) >= 0) {
        continue;
      }
      String text = new String(bytes.array(), 0, bytes.position(), UTF_8);
      return new Stacks(
          file, fresh || text.isEmpty() ? text : "(of " + written(file) + ")\n" + text, fresh);
    } catch (IOException gone) {
      return new Stacks(file, "", false);
    }
  }

  /** User code may put a link in the place of a name, never of a descriptor. */
  private static SeekableByteChannel open(Path file) throws IOException {
    return file.startsWith("/proc")
        ? Files.newByteChannel(file, StandardOpenOption.READ)
        : Files.newByteChannel(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  private static Instant written(Path file) throws IOException {
    return Files.getLastModifiedTime(file).toInstant();
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException gone) {
      return 0;
    }
  }
}
