package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Defaults;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CommandsTest {
  private static Commands.Result sh(String script, String... arguments) throws IOException {
    List<String> command = new java.util.ArrayList<>(List.of("/bin/sh", "-c", script, "sh"));
    command.addAll(List.of(arguments));
    return Commands.run(command, Map.of("SEEN", "yes"));
  }

  @Test
  void a_command_has_its_arguments_as_they_are_and_this_environment_alone() throws IOException {
    Commands.Result result =
        sh("printf '%s|' \"$@\"; /usr/bin/env", "a b", "'q'", "\"d\"", "$HOME");
    assertThat(result.succeeded()).isTrue();
    assertThat(result.out()).startsWith("a b|'q'|\"d\"|$HOME|").contains("SEEN=yes");
    assertThat(result.out()).doesNotContain("JAVA", "USER=");
  }

  @Test
  void what_failed_says_so_on_one_line() throws IOException {
    Commands.Result result = sh("echo out; echo one >&2; echo two >&2; exit 3");
    assertThat(result.succeeded()).isFalse();
    assertThat(result.complaint()).isEqualTo("exit status 3: one; two");
  }

  @Test
  void what_does_not_end_is_killed_at_its_limit() throws IOException {
    Commands.Result result =
        Commands.run(List.of("/bin/sleep", "60"), Map.of(), Duration.ofMillis(200));
    assertThat(result.late()).isTrue();
    assertThat(result.succeeded()).isFalse();
    assertThat(result.complaint()).startsWith("it did not end in time");
  }

  @Test
  void of_a_flood_the_beginning_is_kept() throws IOException {
    Commands.Result result = sh("head -c 1000000 /dev/zero | tr '\\0' x");
    assertThat(result.succeeded()).isTrue();
    assertThat(result.out()).hasSize(Defaults.COMMAND_OUTPUT);
  }

  @Test
  void a_program_that_is_not_there_is_named() {
    assertThatThrownBy(() -> Commands.run(List.of("/no/such/program"), Map.of()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/no/such/program");
  }
}
