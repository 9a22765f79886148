package dev.pyvisor.transport.stdio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.launch.CommandWords;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
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
  void that_the_backend_goes_is_said_once() {
    List<String> said = new ArrayList<>();
    Deprecation deprecation = new Deprecation();
    deprecation.say(said::add);
    deprecation.say(said::add);
    assertThat(said).singleElement().asString().contains("deprecated").contains("1.0");
  }
}
