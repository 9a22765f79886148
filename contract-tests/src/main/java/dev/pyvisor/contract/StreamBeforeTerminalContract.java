package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Every byte written before a cell ended, by whatever means, is in its outcome. */
@Needs(Capability.SEPARATE_STDERR)
public interface StreamBeforeTerminalContract extends RunnerContract {
  /** No write is larger. */
  int LARGEST = 60_000;

  /** Ways to write: Python, its binary layer, the system call, C's buffered stdio, a child. */
  String WRITERS =
      """
      import ctypes, os, subprocess, sys
      libc = ctypes.CDLL(None)
      libc.stdout = ctypes.c_void_p.in_dll(libc, 'stdout')
      def by_print(fd, text): print(text, end='', file=(sys.stdout, sys.stderr)[fd - 1])
      def by_buffer(fd, text): (sys.stdout, sys.stderr)[fd - 1].buffer.write(text.encode())
      def by_call(fd, text): os.write(fd, text.encode())
      def by_stdio(fd, text): libc.printf(b'%s', text.encode()) if fd == 1 else libc.dprintf(2, b'%s', text.encode())
      def by_child(fd, text): subprocess.run(['printf', '%s', text], stdout=fd)
      """;

  /** How many cells write. */
  default Counts cells() {
    return Counts.of(150, 1000, 5000);
  }

  @Test
  @Rule({"H17", "LIF-3", "LIF-5"})
  @Limit(seconds = 1200, why = "the full count is 5,000 cells of up to ten writes each")
  default void nothing_that_was_written_before_the_end_is_missing() {
    Counts counts = cells();
    long seed = System.nanoTime();
    Random random = new Random(seed);
    long bytes = 0;
    try (SupervisorClient client = open()) {
      Session session = client.session();
      assertThat(session.execute(WRITERS).error()).isEmpty();
      for (int cell = 0; cell < counts.now(); cell++) {
        Written written = Written.random(random);
        Outcome outcome = session.execute(written.code);
        assertThat(outcome.error()).as("seed %d, cell %d", seed, cell).isEmpty();
        assertThat(letters(outcome.stdoutText()))
            .as("stdout, seed %d, cell %d", seed, cell)
            .isEqualTo(written.stdout);
        assertThat(letters(outcome.stderrText()))
            .as("stderr, seed %d, cell %d", seed, cell)
            .isEqualTo(written.stderr);
        bytes += outcome.stdoutText().length() + outcome.stderrText().length();
      }
    }
    Evidence.record(
        "bytes missing from cells that write in five ways to both streams" + under(),
        List.of("H17"),
        "0 of " + String.format(Locale.ROOT, "%,d", bytes),
        counts,
        seed);
  }

  private static TreeMap<Character, Integer> letters(String text) {
    TreeMap<Character, Integer> counts = new TreeMap<>();
    text.chars().forEach(letter -> counts.merge((char) letter, 1, Integer::sum));
    return counts;
  }

  /** A cell of up to ten writes, each of its own letter, and how often each letter must arrive. */
  final class Written {
    private static final List<String> WAYS =
        List.of("by_print", "by_buffer", "by_call", "by_stdio", "by_child");
    private final TreeMap<Character, Integer> stdout = new TreeMap<>();
    private final TreeMap<Character, Integer> stderr = new TreeMap<>();
    private String code = "";

    private Written() {}

    static Written random(Random random) {
      Written written = new Written();
      StringBuilder code = new StringBuilder();
      int writes = 1 + random.nextInt(10);
      for (int i = 0; i < writes; i++) {
        char letter = (char) ('a' + i);
        int fd = 1 + random.nextInt(2);
        int size = random.nextInt(LARGEST + 1);
        // A process is a hundred times as dear as a write; each cell still has one now and then.
        int way = random.nextInt(20);
        String writer = WAYS.get(way == 0 ? 4 : way % 4);
        code.append(String.format(Locale.ROOT, "%s(%d, '%c' * %d)%n", writer, fd, letter, size));
        if (size > 0) {
          (fd == 1 ? written.stdout : written.stderr).put(letter, size);
        }
      }
      written.code = code.toString();
      return written;
    }
  }
}
