package dev.pyvisor.transport.websocket;

import java.net.Socket;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Accepts a certificate that another accepts, if its time has not passed, which nobody asks of one
 * that is itself named as an authority; and if it has the pinned key, where one is pinned: an
 * authority that certifies somebody else by mistake does not help that one.
 *
 * <p>Immutable.
 */
final class Shown extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager trust;
  private final Optional<String> pin;

  Shown(X509ExtendedTrustManager trust, Optional<String> pin) {
    this.trust = trust;
    this.pin = pin;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    trust.checkServerTrusted(chain, type, socket);
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    trust.checkServerTrusted(chain, type, engine);
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    trust.checkServerTrusted(chain, type);
    check(chain);
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    chain[0].checkValidity();
    String found = pin(chain[0]);
    if (pin.isPresent() && !pin.get().equals(found)) {
      throw new CertificateException(
          "its key is " + found + ", and websocket.pin is another: " + pin.get());
    }
  }

  /** That of a certificate's key, as its owner knows it. */
  static String pin(X509Certificate certificate) throws CertificateException {
    try {
      byte[] key = certificate.getPublicKey().getEncoded();
      return "sha256/"
          + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
    } catch (NoSuchAlgorithmException missing) {
      throw new CertificateException("this JVM has no SHA-256", missing);
    }
  }

  // A host shows no certificate of its own to anybody, and is shown none of a client's.

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    trust.checkClientTrusted(chain, type, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    trust.checkClientTrusted(chain, type, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    trust.checkClientTrusted(chain, type);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trust.getAcceptedIssuers();
  }
}
