package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;

/** Which failures of a handshake another attempt may mend. */
class TlsFailureTest {
  private static final String AUTHORITY = "runner.example.org:8443";

  private static SSLException caused(Throwable cause) {
    SSLException problem = new SSLHandshakeException("outermost");
    problem.initCause(cause);
    return problem;
  }

  @Test
  void a_connection_that_was_cut_is_no_failure_of_tls() {
    for (Throwable cut :
        new Throwable[] {
          caused(new EOFException("in the middle")),
          caused(new SocketException("reset")),
          caused(new IOException(new SocketException("reset"))),
          new ConnectException("refused"),
          new IOException("something else")
        }) {
      assertThat(TlsFailure.of(AUTHORITY, cut)).as("%s", cut).isEmpty();
    }
  }

  @Test
  void a_certificate_that_is_not_accepted_is_certain_and_says_why() {
    TlsFailure failure =
        TlsFailure.of(AUTHORITY, caused(new CertificateExpiredException("last\nweek")))
            .orElseThrow();
    assertThat(failure.certain()).isTrue();
    assertThat(failure.text())
        .startsWith("tls_untrusted: the certificate of " + AUTHORITY)
        .contains("last week", "websocket.caFile", "websocket.pin");
    assertThat(TlsFailure.of(AUTHORITY, caused(caused(new CertificateException("no")))))
        .hasValueSatisfying(found -> assertThat(found.certain()).isTrue());
  }

  @Test
  void all_else_that_tls_complains_of_may_be_the_way_there() {
    TlsFailure failure =
        TlsFailure.of(AUTHORITY, new SSLException("Unsupported or unrecognized SSL message"))
            .orElseThrow();
    assertThat(failure.certain()).isFalse();
    assertThat(failure.text()).startsWith("tls_failed: " + AUTHORITY).contains("--cert");
  }
}
