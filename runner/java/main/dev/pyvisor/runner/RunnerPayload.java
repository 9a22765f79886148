package dev.pyvisor.runner;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.jspecify.annotations.Nullable;

/**
 * The Python payload, {@code runner.pyz}, that this jar carries.
 *
 * <p>Thread-safe: what it has read it keeps, some 700 KB, in one volatile reference.
 */
public final class RunnerPayload {
  private static final String RESOURCE = "runner.pyz";
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  private static volatile @Nullable Content content;

  private RunnerPayload() {}

  /** The payload's bytes: a zip that any Python from 3.9 on can run. */
  public static byte[] bytes() {
    try (InputStream in = RunnerPayload.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(
            RESOURCE + " is not beside " + RunnerPayload.class.getName() + "; rebuild the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + RESOURCE + " from its jar", e);
    }
  }

  /** SHA-256 of {@link #bytes()}, in hexadecimal. */
  public static String sha256() {
    return content().sha256();
  }

  /**
   * The cache that belongs to this user: {@code $XDG_CACHE_HOME/pyvisor}, else {@code
   * ~/.cache/pyvisor}.
   */
  public static Path defaultCache() {
    String xdg = System.getenv("XDG_CACHE_HOME");
    Path base =
        xdg != null && Path.of(xdg).isAbsolute()
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home"), ".cache");
    return base.resolve("pyvisor");
  }

  /**
   * Unpacks the payload below {@code cacheRoot} and returns the folder that holds its {@code
   * __main__.py}. Unpacked once for each content, then only compared with the jar: a file that
   * differs is replaced. Python keeps its compiled bytecode beside the sources, which is what makes
   * the second start fast. Safe to call from several threads and processes at once.
   *
   * @throws IOException when the folder cannot be made, or belongs to another user, or is open to
   *     others
   */
  public static Path unpack(Path cacheRoot) throws IOException {
    makePrivate(cacheRoot);
    Path folder = cacheRoot.resolve("runner-" + sha256().substring(0, 24));
    Map<String, byte[]> files = content().files();
    if (Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
      requirePrivate(folder);
      if (holds(folder, files)) {
        return folder;
      }
      deleteTree(folder);
    }
    Path fresh = Files.createTempDirectory(cacheRoot, "unpacking-");
    try {
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        Path target = fresh.resolve(file.getKey());
        Files.createDirectories(target.getParent());
        Files.write(target, file.getValue());
      }
      moveInto(folder, fresh, files);
    } finally {
      deleteTree(fresh);
    }
    return folder;
  }

  private static void moveInto(Path folder, Path fresh, Map<String, byte[]> files)
      throws IOException {
    try {
      // One step: a look whether the folder is there first would leave a moment to others.
      Files.move(fresh, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Somebody was faster; that copy counts if it is the same.
      if (!holds(folder, files)) {
        throw e;
      }
    }
  }

  /** What the jar holds, which does not change while this class is loaded. */
  private record Content(String sha256, Map<String, byte[]> files) {}

  /** Read once: each client asks for it. Two threads that come first both read it. */
  private static Content content() {
    Content known = content;
    if (known == null) {
      byte[] zip = bytes();
      known = new Content(sha256(zip), entries(zip));
      content = known;
    }
    return known;
  }

  private static Map<String, byte[]> entries(byte[] zip) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (!entry.isDirectory()) {
          files.put(entry.getName(), in.readAllBytes());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read what is in " + RESOURCE, e);
    }
    return files;
  }

  private static boolean holds(Path folder, Map<String, byte[]> files) throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
          || !Arrays.equals(Files.readAllBytes(path), file.getValue())) {
        return false;
      }
    }
    return true;
  }

  private static void makePrivate(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      if (directory.getParent() != null) {
        Files.createDirectories(directory.getParent());
      }
      try {
        Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(PRIVATE));
      } catch (FileAlreadyExistsException e) {
        // Made by another thread or process in the meantime; checked like any other below.
      }
    }
    requirePrivate(directory);
  }

  private static void requirePrivate(Path directory) throws IOException {
    Set<PosixFilePermission> mode =
        Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
    if (mode.contains(PosixFilePermission.GROUP_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(
          "others may write to the runner cache "
              + directory
              + " ("
              + PosixFilePermissions.toString(mode)
              + "); run: chmod 700 "
              + directory);
    }
    Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!owner.equals(self)) {
      throw new IOException(
          "the runner cache "
              + directory
              + " belongs to user id "
              + owner
              + ", this process runs as "
              + self
              + "; set XDG_CACHE_HOME to a directory of your own");
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
