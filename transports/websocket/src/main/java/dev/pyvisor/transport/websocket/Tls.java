package dev.pyvisor.transport.websocket;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom a runner that is reached over TLS must show itself to be: one with a certificate of an
 * authority that is trusted, for the name that is dialled, and with the pinned key where one is.
 *
 * <p>Immutable.
 */
final class Tls {
  private static final Pattern PIN = Pattern.compile("sha256/[A-Za-z0-9+/]{43}=");

  private final SSLSocketFactory sockets;

  private Tls(SSLSocketFactory sockets) {
    this.sockets = sockets;
  }

  /**
   * @param authorities a file of PEM; empty for those that the JVM trusts
   * @param pin {@code sha256/} and the hash of the key in base64
   * @throws IllegalArgumentException with what is wrong, and the fix
   */
  static Tls of(Optional<Path> authorities, Optional<String> pin) {
    if (pin.isPresent() && !PIN.matcher(pin.get()).matches()) {
      throw new IllegalArgumentException(
          "websocket.pin is '"
              + pin.get()
              + "'; it is sha256/ and 44 characters of base64, as 'openssl x509 -pubkey -noout -in"
              + " CERT | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64'"
              + " shows");
    }
    try {
      KeyStore known = authorities.isPresent() ? read(authorities.get()) : null;
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Shown(trust(known), pin)}, null);
      return new Tls(context.getSocketFactory());
    } catch (GeneralSecurityException | IOException problem) {
      throw new IllegalArgumentException(
          authorities
              .map(file -> "websocket.caFile: " + file + " cannot be used: " + problem)
              .orElse("this JVM cannot do TLS: " + problem),
          problem);
    }
  }

  private static KeyStore read(Path file) throws GeneralSecurityException, IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException("it is no file"); // a pipe would be waited for without a limit
    }
    if (Files.size(file) > WebsocketLimits.CA_FILE) {
      throw new IOException(
          Files.size(file) + " bytes; at most " + WebsocketLimits.CA_FILE + " are read");
    }
    Collection<? extends Certificate> found =
        CertificateFactory.getInstance("X.509")
            .generateCertificates(new ByteArrayInputStream(Files.readAllBytes(file)));
    if (found.isEmpty()) {
      throw new IOException("there is no certificate in it; it is a file of PEM");
    }
    KeyStore known = KeyStore.getInstance(KeyStore.getDefaultType());
    known.load(null, null);
    int number = 0;
    for (Certificate one : found) {
      known.setCertificateEntry("authority-" + number++, one);
    }
    return known;
  }

  private static X509ExtendedTrustManager trust(@Nullable KeyStore known)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(known);
    for (TrustManager one : factory.getTrustManagers()) {
      if (one instanceof X509ExtendedTrustManager found) {
        return found;
      }
    }
    throw new GeneralSecurityException("it has no trust manager for certificates");
  }

  SSLSocketFactory sockets() {
    return sockets;
  }
}
