package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.Trust;
import dev.pyvisor.transport.launch.CommandWords;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.ProtocolError;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProviderTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "python3 peer.py                      | python3,peer.py",
        "'/opt/my python/bin' -c \"print(1)\" | /opt/my python/bin,-c,print(1)",
        "python3 -c \"print('a b')\"          | python3,-c,print('a b')",
        "sh -c 'echo \"a b\" $HOME; x'        | sh,-c,echo \"a b\" $HOME; x",
        "podman exec -i box python3 ${x} *    | podman,exec,-i,box,python3,${x},*",
      })
  void a_command_line_is_words_and_quotes_and_no_shell(String line, String words) {
    assertThat(CommandWords.of("id", "stdio.command", line)).containsExactly(words.split(","));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   ", "python3 'peer.py", "python3 \"peer.py"})
  void what_is_no_command_line_is_refused_by_its_value(String line) {
    assertThatThrownBy(() -> CommandWords.of("id", "stdio.command", line))
        .isInstanceOfSatisfying(
            LaunchFailed.class,
            failure -> assertThat(failure.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT))
        .hasMessageContaining("stdio.command '" + line + "'");
  }

  @Test
  void the_option_is_offered_with_its_default() {
    assertThat(new StdioTransportProvider().options())
        .singleElement()
        .satisfies(option -> assertThat(option.name()).isEqualTo("command"))
        .satisfies(option -> assertThat(option.description()).contains("Default:"));
  }

  @Test
  void a_launcher_is_refused_where_a_program_of_somebody_elses_is_started(@TempDir Path folder) {
    for (Launcher launcher : List.of(Launcher.BUBBLEWRAP, Launcher.PODMAN)) {
      TransportConfig config =
          config(folder, Sandbox.by(launcher), Map.of("command", "/no/such/program"));
      assertThatThrownBy(
              () -> new StdioTransportProvider().open(config, into -> false, new Unheard()))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining("stdio.command starts a program of yours as a plain process")
          .hasMessageContaining("leave one of them out");
    }
  }

  @Test
  void limits_are_refused_for_the_dialect_has_no_word_for_them(@TempDir Path folder) {
    Sandbox limited =
        new Sandbox(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            ResourceLimits.none().withProcesses(5).withFileSize(5));
    TransportConfig config = config(folder, limited, Map.of());
    assertThatThrownBy(
            () -> new StdioTransportProvider().open(config, into -> false, new Unheard()))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("no word for limits (process-limit, file-size-limit)")
        .hasMessageContaining("use the backend pipe");
  }

  private static TransportConfig config(Path folder, Sandbox sandbox, Map<String, String> options) {
    return new TransportConfig(
        "id",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        folder,
        Duration.ofSeconds(10),
        Trust.STATED,
        sandbox,
        new ThreadRoster("id"),
        options);
  }

  /** Nothing is opened, so nothing is heard. */
  private static final class Unheard implements TransportListener {
    @Override
    public void onFrame(Frame frame) {
      throw new AssertionError(frame);
    }

    @Override
    public void onViolation(ProtocolError error) {
      throw new AssertionError(error);
    }

    @Override
    public void onClosed(ExitReport report) {
      throw new AssertionError(report);
    }
  }

  @Test
  void that_the_backend_goes_is_said_once() {
    List<String> said = new ArrayList<>();
    Deprecation deprecation = new Deprecation();
    deprecation.say(said::add);
    deprecation.say(said::add);
    assertThat(said).singleElement().asString().contains("deprecated").contains("1.0");
  }
}
