package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A certificate that certifies itself, and its key, as files of PEM that live as long as a test.
 *
 * <p>Immutable.
 *
 * @param pin of its key
 */
record Certificate(Path chain, Path key, String pin) {
  private static final String SECRET = "of-a-file-that-a-test-removes";
  private static final Base64.Encoder LINES =
      Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII));

  /** For this machine. */
  static Certificate local(Path folder) throws Exception {
    return of(folder, "san=dns:localhost,ip:127.0.0.1", "-validity", "2");
  }

  /** For another one. */
  static Certificate foreign(Path folder) throws Exception {
    return of(folder, "san=dns:runner.example.org", "-validity", "2");
  }

  /** For this machine, last week. */
  static Certificate expired(Path folder) throws Exception {
    return of(folder, "san=dns:localhost,ip:127.0.0.1", "-startdate", "-9d", "-validity", "2");
  }

  private static Certificate of(Path parent, String names, String... time)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path folder = Files.createTempDirectory(parent, "certificate");
    Path store = folder.resolve("store");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "runner"));
    command.addAll(List.of("-keyalg", "EC", "-dname", "CN=a runner", "-ext", names));
    command.addAll(List.of("-keystore", store.toString(), "-storepass", SECRET));
    command.addAll(List.of("-storetype", "PKCS12"));
    command.addAll(List.of(time));
    Process made =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("said").toFile())
            .start();
    assertThat(made.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(made.exitValue()).as(Files.readString(folder.resolve("said"))).isZero();
    KeyStore found = KeyStore.getInstance(store.toFile(), SECRET.toCharArray());
    java.security.cert.Certificate certificate = found.getCertificate("runner");
    byte[] spki = certificate.getPublicKey().getEncoded();
    return new Certificate(
        pem(folder.resolve("cert.pem"), "CERTIFICATE", certificate.getEncoded()),
        pem(
            folder.resolve("key.pem"),
            "PRIVATE KEY",
            found.getKey("runner", SECRET.toCharArray()).getEncoded()),
        "sha256/"
            + Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(spki)));
  }

  private static Path pem(Path file, String what, byte[] der) throws IOException {
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (OutputStream out = Files.newOutputStream(file)) {
      String text = LINES.encodeToString(der);
      out.write(
          "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n"
              .formatted(what, text)
              .getBytes(StandardCharsets.US_ASCII));
    }
    return file;
  }

  /** The arguments of a runner that shows it. */
  String[] shown() {
    return new String[] {"--cert", chain.toString(), "--key", key.toString()};
  }
}
