package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.ExitReport;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.ProtocolError;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What stands in websocket.proxy is decided before anything is started or dialled. */
class ProxyOptionTest {
  @TempDir Path folder;
  private final ThreadRoster threads = new ThreadRoster("7");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "my host:1080",
        "localhost:70000",
        "localhost:99999999999",
        "localhost:0",
        "localhost:x",
        "localhost:",
        "localhost",
        "::1:1080",
        "%:1080",
        ""
      })
  void what_is_no_host_and_port_is_refused_with_one_that_is(String value) {
    assertThat(refused(value))
        .hasMessageContaining("websocket.proxy is '" + value + "'")
        .hasMessageContaining("HOST:PORT with a port from 1 to 65535, as localhost:1080");
  }

  @ParameterizedTest
  @ValueSource(strings = {"192.0.2.1:1080", "[2001:db8::1]:65535"})
  void one_on_another_machine_is_refused_without_tls(String value) {
    assertThat(refused(value))
        .hasMessageContaining("websocket.proxy is '" + value + "', on another machine")
        .hasMessageContaining("as localhost:1080, or wss:");
  }

  private LaunchFailed refused(String value) {
    LaunchFailed refused =
        catchThrowableOfType(
            LaunchFailed.class,
            () -> new WebsocketTransportProvider().open(config(value), into -> false, nobody()));
    assertThat(refused).isNotNull();
    assertThat(refused.code()).isEqualTo(ErrorCode.INVALID_ARGUMENT);
    assertThat(threads.alive()).isEmpty();
    return refused;
  }

  private TransportConfig config(String proxy) {
    return Configs.of(folder, Sandbox.UNCHOSEN, threads, Map.of("proxy", proxy));
  }

  private static TransportListener nobody() {
    return new TransportListener() {
      @Override
      public void onFrame(Frame frame) {}

      @Override
      public void onViolation(ProtocolError error) {}

      @Override
      public void onClosed(ExitReport report) {}
    };
  }
}
