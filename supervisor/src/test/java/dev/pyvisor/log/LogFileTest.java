package dev.pyvisor.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.testing.Rule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The file of a log, with real files. */
@Timeout(20)
class LogFileTest {
  @TempDir Path folder;

  private Path path() {
    return folder.resolve("debug.log");
  }

  private Path aside() {
    return folder.resolve("debug.log.1");
  }

  private static byte[] line(String text) {
    return (text + "\n").getBytes(StandardCharsets.UTF_8);
  }

  @Test
  @Rule("C131")
  void only_its_owner_may_read_it_whatever_the_mask() throws Exception {
    try (LogFile file = LogFile.open(path(), 10)) {
      file.write(line("first"));
      file.write(line("second"));
    }
    for (Path each : List.of(path(), aside())) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
          .as(each.toString())
          .isEqualTo("rw-------");
    }
  }

  @Test
  @Rule("C128")
  void lines_are_added_to_what_is_there() throws Exception {
    Files.writeString(path(), "before\n");
    try (LogFile file = LogFile.open(path())) {
      file.write(line("after"));
    }
    assertThat(path()).hasContent("before\nafter");
  }

  @Test
  @Rule("C134")
  void one_that_is_full_is_put_aside_and_the_one_before_it_is_gone() throws Exception {
    try (LogFile file = LogFile.open(path(), 12)) {
      for (String text : List.of("one", "two", "three", "four", "five")) {
        file.write(line(text));
      }
    }
    assertThat(aside()).hasContent("three\nfour");
    assertThat(path()).hasContent("five");
    assertThat(folder.toFile().list()).hasSize(2);
  }

  @Test
  @Rule("C134")
  void a_line_that_is_larger_than_a_file_is_written_whole() throws Exception {
    try (LogFile file = LogFile.open(path(), 4)) {
      file.write(line("larger than four"));
      file.write(line("x"));
    }
    assertThat(aside()).hasContent("larger than four");
    assertThat(path()).hasContent("x");
  }

  @Test
  @Rule("C134")
  void whoever_else_has_it_open_goes_on_in_the_new_one() throws Exception {
    try (LogFile one = LogFile.open(path(), 10);
        LogFile other = LogFile.open(path(), 10)) {
      one.write(line("1234567"));
      one.write(line("fresh"));
      other.refresh();
      other.write(line("too"));
    }
    assertThat(aside()).hasContent("1234567");
    assertThat(path()).hasContent("fresh\ntoo");
  }

  @Test
  @Rule("C134")
  void one_that_was_taken_away_is_made_again() throws Exception {
    try (LogFile file = LogFile.open(path())) {
      file.write(line("gone"));
      Files.delete(path());
      file.refresh();
      file.write(line("again"));
    }
    assertThat(path()).hasContent("again");
  }

  /** All of them rotate, at the same time, many times; a lost lock or a torn line would show. */
  @Test
  @Rule("C134")
  void two_jvms_with_two_clients_each_that_write_and_rotate_at_once_leave_whole_lines_only()
      throws Exception {
    List<Process> jvms = new ArrayList<>();
    try {
      for (String names : List.of("ab", "cd")) {
        jvms.add(
            new ProcessBuilder(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    LogWriters.class.getName(),
                    path().toString(),
                    names)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(names).toFile())
                .start());
      }
      for (Process jvm : jvms) {
        assertThat(jvm.waitFor(15, TimeUnit.SECONDS)).isTrue();
      }
    } finally {
      jvms.forEach(Process::destroyForcibly);
    }
    for (String names : List.of("ab", "cd")) {
      assertThat(folder.resolve(names)).hasContent("");
    }
    List<String> found = new ArrayList<>(Files.readAllLines(aside()));
    found.addAll(Files.readAllLines(path()));
    assertThat(found).isNotEmpty().allMatch(line -> line.matches("[abcd]{40} \\d{5}"));
    assertThat(found).doesNotHaveDuplicates();
    assertThat(Files.size(aside())).as("it was full").isGreaterThan(LogWriters.MOST - 50);
    for (String name : List.of("a", "b", "c", "d")) {
      List<String> own = found.stream().filter(line -> line.startsWith(name)).toList();
      assertThat(own).as(name).isSorted();
    }
  }

  @Test
  @Rule("C134")
  void a_link_leads_to_the_file_and_stays() throws Exception {
    Path real = Files.createDirectory(folder.resolve("real")).resolve("file");
    Files.writeString(real, "before\n");
    Files.createSymbolicLink(path(), real);
    try (LogFile file = LogFile.open(path(), 10)) {
      file.write(line("after"));
    }
    assertThat(Files.isSymbolicLink(path())).isTrue();
    assertThat(real).hasContent("after");
    assertThat(real.resolveSibling("file.1")).hasContent("before");
  }

  @Test
  @Rule("C134")
  void what_is_no_file_is_refused_and_a_pipe_without_a_reader_is_not_waited_for() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    Path broken = Files.createSymbolicLink(folder.resolve("broken"), folder.resolve("none"));
    for (Path each : List.of(pipe, folder, Path.of("/dev/full"))) {
      assertThatThrownBy(() -> LogFile.open(each))
          .as(each.toString())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is no regular file; name one, or a name that is free");
    }
    assertThatThrownBy(() -> LogFile.open(broken)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> LogFile.open(folder.resolve("none/debug.log")))
        .isInstanceOf(IOException.class);
    assertThat(folder.resolve("none")).doesNotExist();
  }
}
