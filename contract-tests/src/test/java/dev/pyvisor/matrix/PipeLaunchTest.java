package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.contract.load.Wrappers;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.LaunchFailed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A runner that cannot be started is told by what is wrong, and leaves nothing. */
@ExtendWith({Census.class, HangReport.class})
class PipeLaunchTest {
  /**
   * H9 asks for 300 ms; the first start of a JVM has taken 1.4 s on two cores with other tests.
   * What waits for a time-out takes at least the start time-out of ten seconds.
   */
  private static final Duration AT_ONCE = Duration.ofSeconds(3);

  @TempDir Path folder;

  @Test
  void without_a_python_named_the_first_usable_one_is_found() {
    try (SupervisorClient client =
        OpenClients.open(SupervisorClient.builder().backend("pipe").trusted())) {
      assertThat(client.session().execute("print('found')").stdoutText()).isEqualTo("found\n");
    }
  }

  @Test
  @Rule("H9")
  void an_unknown_python_is_named() {
    Path unknown = folder.resolve("no-such-python");
    assertThat(refused(unknown)).hasMessageContaining(unknown.toString());
  }

  @Test
  @Rule("H9")
  void a_file_that_cannot_be_executed_is_named() throws IOException {
    Path plain = Files.writeString(folder.resolve("plain.txt"), "no program");
    assertThat(refused(plain)).hasMessageContaining(plain.toString());
  }

  @TestFactory
  @Rule("H9")
  Stream<DynamicTest> a_python_too_old_is_told_with_its_version_and_what_is_needed() {
    Stream<DynamicTest> real =
        Interpreters.tooOld().entrySet().stream()
            .map(
                old ->
                    DynamicTest.dynamicTest(
                        "Python " + Interpreters.name(old.getKey()),
                        () ->
                            assertThat(refused(old.getValue()))
                                .hasMessageContaining("3.9")
                                .hasMessageContaining(Interpreters.name(old.getKey()))));
    Path pretended =
        Wrappers.shell(
            folder,
            "python-2.4",
            "echo 'pyvisor: the runner needs Python 3.9 or newer; this is 2.4' >&2; exit 64");
    return Stream.concat(
        real,
        Stream.of(
            DynamicTest.dynamicTest(
                "a pretended one",
                () -> assertThat(refused(pretended)).hasMessageContaining("3.9"))));
  }

  @Test
  @Rule("H9")
  void a_program_that_ends_at_once_is_told_with_its_status_and_its_stderr() {
    Path ends = Wrappers.shell(folder, "ends", "echo 'no luck today' >&2; exit 2");
    assertThat(refused(ends)).hasMessageContaining("2").hasMessageContaining("no luck today");
  }

  @Test
  @Rule({"H9", "H5"})
  void a_program_that_prints_garbage_is_shown_with_its_first_bytes() {
    Path garbage = Wrappers.shell(folder, "garbage", "echo hello; exec sleep 30");
    assertThat(refused(garbage)).hasMessageContaining("68 65 6c 6c 6f");
  }

  @Test
  @Rule("H9")
  void a_program_that_says_nothing_is_given_up_after_the_start_timeout() {
    Path silent = Wrappers.shell(folder, "silent", "exec sleep 30");
    LaunchFailed failed =
        catchThrowableOfType(
            LaunchFailed.class,
            () -> OpenClients.open(Pipe.client(silent).startTimeout(Duration.ofMillis(300))));
    assertThat(failed).isNotNull().hasMessageContaining("HELLO");
  }

  private static LaunchFailed refused(Path python) {
    long begun = System.nanoTime();
    LaunchFailed failed =
        catchThrowableOfType(LaunchFailed.class, () -> OpenClients.open(Pipe.client(python)));
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    assertThat(failed).as("opening with " + python).isNotNull();
    assertThat(took).as("until " + python + " was refused").isLessThan(AT_ONCE);
    assertThat(failed.delivery()).isEqualTo(Delivery.NEVER_SENT);
    return failed;
  }
}
