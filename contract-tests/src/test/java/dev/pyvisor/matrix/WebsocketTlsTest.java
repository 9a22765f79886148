package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.outcome.Outcome;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A runner that others could reach: sealed, shown to be the one, and left for good if it is not.
 */
@ExtendWith({Census.class, HangReport.class})
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Rule("REC-20")
class WebsocketTlsTest {
  private static final int CUTS = 12;
  private static final int FEW = 5; // of no use one after another, so the pauses in between grow

  @TempDir Path folder;
  private final Tally tally = new Tally();

  @Test
  void cuts_in_the_middle_of_what_is_sealed_cost_nothing() throws Exception {
    Certificate certificate = Certificate.local(folder);
    // The handshake has some 1,000 bytes either way; what follows is cut wherever it may be.
    try (Listener runner = Listener.start(folder, certificate.shown());
        ChaosProxy proxy = new ChaosProxy(n -> n <= CUTS ? cut(n, 2_000 + 777L * n) : Cut.NEVER);
        SupervisorClient client = trusting(runner, certificate, proxy).tool(tally.tool()).open()) {
      String code =
          "for i in range(2_000): print('line', i, 'é🙂')\n"
              + "for k in range(60): assert await tally(k, 'y' * 3_000) == str(k) + 'y' * 3_000\n";
      Outcome outcome = client.session().execute(code);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo(Proxied.lines(2_000));
      assertThat(proxy.cuts()).isEqualTo(CUTS);
      tally.readsOneForEachOf(60);
    }
  }

  @Test
  void a_handshake_that_is_cut_is_made_anew() throws Exception {
    Certificate certificate = Certificate.local(folder);
    try (Listener runner = Listener.start(folder, certificate.shown());
        ChaosProxy proxy = new ChaosProxy(n -> n <= FEW ? cut(n, 170L * n) : Cut.NEVER);
        SupervisorClient client = trusting(runner, certificate, proxy).open()) {
      assertThat(client.session().execute("print(6 * 7)").stdoutText()).isEqualTo("42\n");
      assertThat(proxy.cuts()).isEqualTo(FEW);
    }
  }

  private static Cut cut(int connection, long bytes) {
    return new Cut(
        connection % 2 == 0 ? Direction.TO_HOST : Direction.TO_RUNNER,
        bytes,
        connection % 3 == 0 ? How.FIN : How.RST);
  }

  @Test
  void a_runner_of_another_name_is_not_the_one() throws Exception {
    Certificate certificate = Certificate.foreign(folder);
    assertThat(refused(certificate, certificate, null))
        .hasMessageContaining("tls_untrusted: the certificate of 127.0.0.1:")
        .hasMessageContaining("dial the name");
  }

  @Test
  void a_runner_that_nobody_trusted_has_certified_is_not_the_one() throws Exception {
    assertThat(refused(Certificate.local(folder), Certificate.local(folder), null))
        .hasMessageContaining("tls_untrusted")
        .hasMessageContaining("websocket.caFile");
    assertThat(refused(Certificate.local(folder), null, null))
        .hasMessageContaining("tls_untrusted");
  }

  @Test
  void a_certificate_whose_time_has_passed_is_none() throws Exception {
    Certificate certificate = Certificate.expired(folder);
    assertThat(refused(certificate, certificate, null))
        .hasMessageContaining("tls_untrusted")
        .hasMessageContaining("NotAfter");
  }

  @Test
  void a_certificate_with_another_key_than_the_pinned_one_is_none() throws Exception {
    Certificate certificate = Certificate.local(folder);
    Certificate other = Certificate.local(folder);
    assertThat(refused(certificate, certificate, other.pin()))
        .hasMessageContaining("tls_untrusted")
        .hasMessageContaining("its key is " + certificate.pin())
        .hasMessageContaining(other.pin());
    try (Listener runner = Listener.start(folder, certificate.shown());
        ChaosProxy proxy = new ChaosProxy(n -> Cut.NEVER);
        SupervisorClient client =
            trusting(runner, certificate, proxy)
                .backendOption("websocket.pin", certificate.pin())
                .open()) {
      assertThat(client.session().execute("print(1)").stdoutText()).isEqualTo("1\n");
    }
  }

  /** What it is told by a runner that shows the one, where the other and this pin are trusted. */
  private LaunchFailed refused(Certificate shown, Certificate trusted, String pin)
      throws Exception {
    try (Listener runner = Listener.start(folder, shown.shown());
        ChaosProxy proxy = new ChaosProxy(n -> Cut.NEVER)) {
      SupervisorClient.Builder builder =
          trusted == null ? through(runner.client(), proxy) : trusting(runner, trusted, proxy);
      if (pin != null) {
        builder.backendOption("websocket.pin", pin);
      }
      return refused(builder, proxy);
    }
  }

  @Test
  void a_host_that_speaks_plainly_to_a_runner_that_does_not_is_told_so() throws Exception {
    Certificate certificate = Certificate.local(folder);
    try (Listener runner = Listener.start(folder, certificate.shown());
        ChaosProxy proxy = new ChaosProxy(n -> Cut.NEVER)) {
      String plain = "ws://" + runner.address + "/v1/link";
      assertThat(
              refused(
                  ErrorCode.INVALID_ARGUMENT,
                  through(Listener.client(plain, runner.token), proxy),
                  proxy))
          .hasMessageContaining("400 invalid_argument")
          .hasMessageContaining("write wss://");
    }
  }

  @Test
  void a_runner_that_speaks_plainly_to_a_host_that_does_not_is_no_runner() throws Exception {
    Certificate certificate = Certificate.local(folder);
    try (Listener runner = Listener.start(folder);
        ChaosProxy proxy = new ChaosProxy(n -> Cut.NEVER)) {
      SupervisorClient.Builder sealed =
          through(Listener.client("wss://" + runner.address, runner.token), proxy)
              .backendOption("websocket.caFile", certificate.chain().toString());
      assertThat(refused(sealed, proxy))
          .hasMessageContaining("tls_failed: " + runner.address)
          .hasMessageContaining("--cert");
    }
  }

  private static SupervisorClient.Builder trusting(
      Listener runner, Certificate certificate, ChaosProxy proxy) {
    return through(runner.client(), proxy)
        .backendOption("websocket.caFile", certificate.chain().toString());
  }

  private static SupervisorClient.Builder through(
      SupervisorClient.Builder builder, ChaosProxy proxy) {
    return builder.backendOption("websocket.proxy", proxy.address());
  }

  /** By what the host has seen itself. */
  private static LaunchFailed refused(SupervisorClient.Builder builder, ChaosProxy proxy) {
    return refused(ErrorCode.EXECUTION_FAILED, builder, proxy);
  }

  /** At the first answer. */
  private static LaunchFailed refused(
      ErrorCode code, SupervisorClient.Builder builder, ChaosProxy proxy) {
    LaunchFailed refused = catchThrowableOfType(LaunchFailed.class, () -> builder.open().close());
    assertThat(refused.code()).isEqualTo(code);
    assertThat(proxy.connections()).isEqualTo(1);
    return refused;
  }
}
