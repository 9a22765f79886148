package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Input;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.Trust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may be attached to is decided before a byte of the token leaves. */
class DestinationTest {
  private static final String TOKEN = "correct-horse-battery-staple-0123456789";

  @TempDir Path folder;
  private Path token;

  @BeforeEach
  void write_the_token() throws IOException {
    token = Files.writeString(folder.resolve("token"), TOKEN + "\n");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
  }

  @ParameterizedTest
  @CsvSource({
    "ws://127.0.0.1:80, ws://127.0.0.1:80/v1/link",
    "ws://127.0.0.1:80/, ws://127.0.0.1:80/v1/link",
    "ws://127.0.0.1:80/v1/link, ws://127.0.0.1:80/v1/link",
    "WS://LOCALHOST:65535/Other, ws://localhost:65535/Other",
    "ws://[::1]:9, ws://[::1]:9/v1/link",
    "ws://127.255.0.9:1, ws://127.255.0.9:1/v1/link",
  })
  void a_loopback_address_is_taken(String url, String dialled) {
    Destination found = Destination.of(config(url)).orElseThrow();
    assertThat(found.address()).hasToString(dialled);
    assertThat(found.token()).isEqualTo(TOKEN);
    assertThat(found.takeover()).isFalse();
    assertThat(found.toString()).doesNotContain(TOKEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ws://example.com:80",
        "ws://192.0.2.1:80/v1/link",
        "ws://0.0.0.0:80",
        "ws://127.0.0.1.example.com:80",
        "ws://[::2]:80",
        "ws://localhost.example.com:80"
      })
  void what_others_could_read_on_the_way_is_refused(String url) {
    assertThat(refused(url)).hasMessageContaining("ssh -D").hasMessageContaining("without TLS");
  }

  @Test
  void with_tls_any_host_is_taken() {
    Destination found = Destination.of(config("wss://runner.example.com:8443")).orElseThrow();
    assertThat(found.address()).hasToString("wss://runner.example.com:8443/v1/link");
    assertThat(found.tls()).isPresent();
    assertThat(Destination.of(config("ws://127.0.0.1:80")).orElseThrow().tls()).isEmpty();
  }

  @Test
  void what_is_no_pin_is_refused_with_one_that_is() {
    for (String pin :
        new String[] {"", "sha256/x", "a".repeat(44), "sha1/" + "a".repeat(43) + "="}) {
      assertThat(refused(with("wss://127.0.0.1:80", "pin", pin)))
          .hasMessageContaining("websocket.pin is '" + pin + "'")
          .hasMessageContaining("openssl dgst -sha256");
    }
  }

  @Test
  void a_file_of_authorities_that_is_none_is_named() throws IOException {
    Path file = folder.resolve("ca.pem");
    assertThat(refused(with("wss://127.0.0.1:80", "caFile", file.toString())))
        .hasMessageContaining("websocket.caFile")
        .hasMessageContaining("ca.pem");
    Files.writeString(file, "");
    assertThat(refused(with("wss://127.0.0.1:80", "caFile", file.toString())))
        .hasMessageContaining("no certificate in it");
    Files.write(file, new byte[WebsocketLimits.CA_FILE + 1]);
    assertThat(refused(with("wss://127.0.0.1:80", "caFile", file.toString())))
        .hasMessageContaining("at most");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0});
    assertThat(refused(with("wss://127.0.0.1:80", "caFile", file.toString())))
        .hasMessageContaining("websocket.caFile: " + file + " cannot be used");
    for (String option : List.of("caFile", "tokenFile")) {
      assertThat(refused(with("wss://127.0.0.1:80", option, "ca\0.pem")))
          .hasMessageContaining("websocket." + option + ": Nul character");
    }
  }

  /** A pipe that nobody writes to would be waited for; no interrupt ends that. */
  @Test
  void a_file_of_authorities_that_is_no_file_is_not_read() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    for (Path each : List.of(folder, pipe, Path.of("/dev/null"))) {
      assertThat(refused(with("wss://127.0.0.1:80", "caFile", each.toString())))
          .hasMessageContaining("websocket.caFile: " + each + " cannot be used")
          .hasMessageContaining("it is no file");
    }
  }

  @Test
  void what_is_about_tls_is_refused_without_it() {
    for (String option : new String[] {"pin", "caFile"}) {
      assertThat(refused(with("ws://127.0.0.1:80", option, "x")))
          .hasMessageContaining("websocket." + option + " is about TLS");
      assertThat(refused(Map.of(option, "x"))).hasMessageContaining("set websocket.url");
    }
  }

  private Map<String, String> with(String url, String option, String value) {
    Map<String, String> options = options(url);
    options.put(option, value);
    return options;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:80",
        "127.0.0.1:80",
        "ws:/x",
        "ws://",
        "",
        "ws://127.0.0.1",
        "wss:/x"
      })
  void what_is_no_such_url_is_refused_with_one_that_is(String url) {
    assertThat(refused(url)).hasMessageContaining("ws://127.0.0.1:PORT/v1/link");
  }

  @ParameterizedTest
  @CsvSource({
    "ws://127.0.0.1:87650/v1/link, 87650",
    "wss://runner.example.com:65536, 65536",
    "ws://127.0.0.1:0, 0",
  })
  void a_port_that_is_none_is_refused_before_it_is_dialled(String url, String port) {
    assertThat(refused(url))
        .hasMessageContaining("websocket.url names the port " + port + ";")
        .hasMessageContaining("ws://127.0.0.1:PORT/v1/link with a port from 1 to 65535");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ws://hunter2@127.0.0.1:80",
        "ws://me:hunter2@127.0.0.1:80",
        "ws://127.0.0.1:80/v1/link?token=hunter2",
        "ws://127.0.0.1:80/v1/link#hunter2",
        "ws://127.0.0.1:80/v1/link?hunter2 ",
        "ws://hunter2 127.0.0.1"
      })
  void a_token_in_the_url_is_refused_and_not_repeated(String url) {
    LaunchFailed refused = refused(url);
    assertThat(refused.toString()).doesNotContain("hunter2");
    assertThat(refused).hasMessageContaining("websocket.url").hasNoCause();
  }

  @Test
  void without_its_token_file_it_is_refused_and_the_other_way_round() {
    assertThat(refused(Map.of("url", "ws://127.0.0.1:80")))
        .hasMessageContaining("needs websocket.tokenFile");
    assertThat(refused(Map.of("tokenFile", token.toString())))
        .hasMessageContaining("set websocket.url");
    assertThat(refused(Map.of("takeover", "true"))).hasMessageContaining("set websocket.url");
    assertThat(Destination.of(config(Map.of(), Optional.empty(), Map.of()))).isEmpty();
  }

  @Test
  void a_takeover_is_said_with_true() {
    assertThat(
            refused(
                Map.of(
                    "url", "ws://127.0.0.1:80", "tokenFile", token.toString(), "takeover", "yes")))
        .hasMessageContaining("'yes'");
  }

  @Test
  void what_can_only_be_chosen_for_a_runner_that_is_started_is_refused() {
    Map<String, String> options = options("ws://127.0.0.1:80");
    TransportConfig python = config(options, Optional.of(Path.of("/usr/bin/python3")), Map.of());
    assertThat(refused(python)).hasMessageContaining("an interpreter can only be chosen");
    TransportConfig variables = config(options, Optional.empty(), Map.of("SECRET", "hunter2"));
    assertThat(refused(variables))
        .hasMessageContaining("environment variables")
        .hasMessageNotContaining("hunter2");
  }

  @ParameterizedTest
  @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwx--x---"})
  void a_token_that_others_can_read_or_write_is_refused_with_the_fix(String permissions)
      throws IOException {
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString(permissions));
    assertThat(refused("ws://127.0.0.1:80"))
        .hasMessageContaining("chmod 600 " + token)
        .hasMessageNotContaining(TOKEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "short",
        "a token with spaces that is long enough for all",
        "0123456789012345678901234567890é123"
      })
  void what_is_no_token_is_refused_and_not_repeated(String content) throws IOException {
    Files.writeString(token, content);
    LaunchFailed refused = refused("ws://127.0.0.1:80");
    assertThat(refused).hasMessageContaining(token.toString());
    if (!content.isEmpty()) {
      assertThat(refused.toString()).doesNotContain(content);
    }
  }

  @Test
  void a_token_file_that_is_none_is_named_and_a_pipe_is_not_waited_for() throws Exception {
    Files.delete(token);
    assertThat(refused("ws://127.0.0.1:80")).hasMessageContaining(token + " is not there");
    Files.createDirectory(token);
    assertThat(refused("ws://127.0.0.1:80")).hasMessageContaining(token + " is no file");
    Files.delete(token);
    Files.createSymbolicLink(token, folder.resolve("none"));
    assertThat(refused("ws://127.0.0.1:80")).hasMessageContaining(token + " is not there");
    Files.delete(token);
    assertThat(new ProcessBuilder("mkfifo", token.toString()).start().waitFor()).isZero();
    assertThat(refused("ws://127.0.0.1:80")).hasMessageContaining(token + " is no file");
  }

  @Test
  void how_a_runner_is_started_is_not_chosen_for_one_that_runs() {
    for (Sandbox chosen :
        List.of(
            Sandbox.by(Launcher.BUBBLEWRAP),
            Sandbox.by(Launcher.PROCESS),
            Sandbox.UNCHOSEN.reading(List.of(Input.of(Path.of("data")))),
            image())) {
      assertThat(refused(config(options("ws://127.0.0.1:80"), chosen)))
          .hasMessageContaining("websocket.url names a runner that runs already")
          .hasMessageContaining("a launcher, an image, an input or a limit");
    }
  }

  private static Sandbox image() {
    return new Sandbox(
        Optional.empty(),
        Optional.of("python:3"),
        Optional.empty(),
        Optional.empty(),
        ResourceLimits.none());
  }

  private LaunchFailed refused(String url) {
    return refused(config(url));
  }

  private LaunchFailed refused(Map<String, String> options) {
    return refused(config(options, Optional.empty(), Map.of()));
  }

  private static LaunchFailed refused(TransportConfig config) {
    LaunchFailed refused = catchThrowableOfType(LaunchFailed.class, () -> Destination.of(config));
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    return refused;
  }

  private Map<String, String> options(String url) {
    Map<String, String> options = new LinkedHashMap<>();
    options.put("url", url);
    options.put("tokenFile", token.toString());
    return options;
  }

  private TransportConfig config(String url) {
    return config(options(url), Optional.empty(), Map.of());
  }

  private TransportConfig config(
      Map<String, String> options, Optional<Path> python, Map<String, String> environment) {
    return new TransportConfig(
        "7",
        python,
        Optional.empty(),
        Optional.empty(),
        environment,
        folder,
        Duration.ofSeconds(10),
        Trust.STATED,
        Sandbox.UNCHOSEN,
        new ThreadRoster("7"),
        options);
  }

  private TransportConfig config(Map<String, String> options, Sandbox sandbox) {
    return Configs.of(folder, sandbox, new ThreadRoster("7"), options);
  }
}
