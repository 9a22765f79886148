package dev.pyvisor.transport.websocket;

import java.io.EOFException;
import java.net.SocketException;
import java.security.cert.CertificateException;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * A handshake of TLS that failed, and not because the connection was cut.
 *
 * <p>Immutable.
 *
 * @param certain whether another attempt would come to the same, for it is the certificate
 */
record TlsFailure(boolean certain, String text) {
  private static final int CAUSES = 10; // of an exception, looked at; a chain may be a ring

  /** Empty where it is something else, which may have gone by when it is dialled again. */
  static Optional<TlsFailure> of(String authority, Throwable problem) {
    if (!(problem instanceof SSLException)) {
      return Optional.empty();
    }
    Throwable cause = problem;
    for (int depth = 0; cause != null && depth < CAUSES; depth++) {
      if (cause instanceof CertificateException) {
        return Optional.of(
            new TlsFailure(
                true,
                "tls_untrusted: the certificate of "
                    + authority
                    + " is not accepted: "
                    + Answer.shorten(String.valueOf(cause.getMessage()))
                    + "; dial the name that it was made for, name who certified it with"
                    + " websocket.caFile, and compare websocket.pin if it is set"));
      }
      if (cause instanceof SocketException || cause instanceof EOFException) {
        return Optional.empty();
      }
      cause = cause.getCause();
    }
    return Optional.of(
        new TlsFailure(
            false,
            "tls_failed: "
                + authority
                + " does not speak TLS as is needed: "
                + Answer.shorten(String.valueOf(problem.getMessage()))
                + "; check that the runner there was started with --cert and --key"));
  }
}
