package dev.pyvisor.transport.websocket;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Accepts what another accepts, if it has the pinned key: an authority that certifies somebody else
 * by mistake does not help that one.
 *
 * <p>Immutable.
 */
final class Pinned extends X509ExtendedTrustManager {
  private final X509ExtendedTrustManager trust;
  private final String pin;

  Pinned(X509ExtendedTrustManager trust, String pin) {
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
    String found = pin(chain[0]);
    if (!MessageDigest.isEqual(
        found.getBytes(StandardCharsets.US_ASCII), pin.getBytes(StandardCharsets.US_ASCII))) {
      throw new CertificateException(
          "its key is " + found + ", and websocket.pin is another: " + pin);
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
