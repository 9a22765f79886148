package dev.pyvisor.diagnosis;

import dev.pyvisor.Defaults;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where reports are kept: one folder each, mode 0700, the newest {@link Defaults#EVIDENCE_KEPT}.
 * Several JVMs of one user share it.
 *
 * <p>Immutable.
 */
final class EvidenceDirectory {
  private static final Logger LOG = LoggerFactory.getLogger(EvidenceDirectory.class);
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Only what looks like a report is ever deleted here. */
  private static final Pattern REPORT = Pattern.compile("\\d{8}-\\d{6}-\\d{3}-[\\w-]{1,64}");

  private static final Pattern UNSAFE = Pattern.compile("\\W+");

  private static final int SAME_NAMES = 100;

  private final Path directory;

  EvidenceDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * A new folder; the oldest are removed to make room for it.
   *
   * @param label tells whose report it is; what is no letter or digit becomes a dash
   * @throws IOException when it cannot be made, or others may write where it would be
   */
  Path create(String label, Instant now) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      makeDirectory();
    }
    requireOwn();
    prune();
    String name = TIME.format(now) + "-" + UNSAFE.matcher(label).replaceAll("-");
    for (int next = 0; next < SAME_NAMES; next++) {
      Path folder = directory.resolve(next == 0 ? name : name + "-" + next);
      try {
        return Files.createDirectory(folder, PRIVATE);
      } catch (FileAlreadyExistsException taken) {
        continue; // Another report of the same millisecond.
      }
    }
    throw new FileAlreadyExistsException(directory.resolve(name).toString());
  }

  private void makeDirectory() throws IOException {
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    try {
      Files.createDirectory(directory, PRIVATE);
    } catch (FileAlreadyExistsException raced) {
      // Another client was faster, or it is something else; it is checked like any other.
    }
  }

  /** The default's name can be guessed, and its parent is open to all. */
  private void requireOwn() throws IOException {
    Set<PosixFilePermission> mode =
        Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS);
    Object owner = Files.getAttribute(directory, "unix:uid", LinkOption.NOFOLLOW_LINKS);
    Object self = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
        || !owner.equals(self)
        || mode.contains(PosixFilePermission.GROUP_WRITE)
        || mode.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new IOException(
          directory
              + " is no directory that only this user may write to ("
              + PosixFilePermissions.toString(mode)
              + ", owner "
              + owner
              + "); name another with evidenceDirectory(...)");
    }
  }

  private void prune() {
    List<Path> reports = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (REPORT.matcher(entry.getFileName().toString()).matches()
            && Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
          reports.add(entry);
        }
      }
    } catch (IOException | DirectoryIteratorException problem) {
      LOG.warn("{} cannot be listed: {}", directory, problem.toString());
    }
    Collections.sort(reports);
    int surplus = reports.size() - (Defaults.EVIDENCE_KEPT - 1);
    for (Path oldest : reports.subList(0, Math.max(0, surplus))) {
      remove(oldest);
    }
  }

  private static void remove(Path report) {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(report)) {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(report);
    } catch (IOException | DirectoryIteratorException problem) {
      // Another JVM may be removing it too.
      LOG.debug("{} could not be removed: {}", report, problem.toString());
    }
  }
}
