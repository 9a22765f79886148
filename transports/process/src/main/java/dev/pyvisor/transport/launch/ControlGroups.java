package dev.pyvisor.transport.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where this process may make control groups.
 *
 * <p>In version 1 that is below its own group, which keeps what that one limits. In version 2 a
 * group with processes hands no controller on, so it is beside its own or further out; but never
 * outside of a group that limits memory, for whoever made that one has not allowed it.
 *
 * <p>Immutable.
 */
public final class ControlGroups {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final Path MEMBERSHIP = Path.of("/proc/self/cgroup");
  private static final String MEMBERS = "cgroup.procs";

  private final Path root;
  private final Path membership;

  /** {@code root}: where the groups are mounted; {@code membership}: what this process is in. */
  ControlGroups(Path root, Path membership) {
    this.root = root;
    this.membership = membership;
  }

  /** Those of this machine. */
  public static ControlGroups ofThisMachine() {
    return new ControlGroups(ROOT, MEMBERSHIP);
  }

  /**
   * A folder in which groups can be made that limit one thing.
   *
   * <p>Immutable.
   *
   * @param unified whether it is of version 2
   */
  record Place(Path folder, boolean unified) {
    /** One line for people. */
    String text() {
      return "control group, version " + (unified ? "2" : "1") + ", below " + folder;
    }
  }

  /** Where memory can be limited, in words; empty: nowhere. */
  public Optional<String> memory() {
    return placeOf("memory").map(Place::text);
  }

  /** Where processes can be limited, in words; empty: nowhere. */
  public Optional<String> processes() {
    return placeOf("pids").map(Place::text);
  }

  Optional<Place> placeOf(String controller) {
    for (String line : lines(membership)) {
      String[] parts = line.split(":", 3);
      if (parts.length < 3) {
        continue;
      }
      Optional<Place> found =
          parts[0].equals("0") && parts[1].isEmpty()
              ? unified(controller, parts[2])
              : split(controller, parts[1], parts[2]);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private Optional<Place> split(String controller, String mounted, String path) {
    if (!Arrays.asList(mounted.split(",")).contains(controller)) {
      return Optional.empty();
    }
    Path mount =
        Stream.of(mounted, controller)
            .map(root::resolve)
            .filter(Files::isDirectory)
            .findFirst()
            .orElse(root.resolve(controller));
    return Optional.of(innermost(mount, path))
        .filter(ControlGroups::writable)
        .map(folder -> new Place(folder, false));
  }

  private Optional<Place> unified(String controller, String path) {
    Path mount = Files.exists(root.resolve("cgroup.controllers")) ? root : root.resolve("unified");
    Path folder = innermost(mount, path);
    while (folder != null && folder.startsWith(mount)) {
      if (words(folder.resolve("cgroup.subtree_control")).contains(controller)
          && writable(folder)) {
        return Optional.of(new Place(folder, true));
      }
      if (limitsMemory(folder)) {
        return Optional.empty();
      }
      folder = folder.getParent();
    }
    return Optional.empty();
  }

  /** In a container the own path may not be there to be seen; what is mounted is the own group. */
  private static Path innermost(Path mount, String path) {
    Path own = mount.resolve(path.replaceFirst("^/+", "")).normalize();
    return own.startsWith(mount) && Files.isDirectory(own) ? own : mount;
  }

  private static boolean writable(Path folder) {
    return Files.isWritable(folder) && Files.isWritable(folder.resolve(MEMBERS));
  }

  private static boolean limitsMemory(Path folder) {
    List<String> most = words(folder.resolve("memory.max"));
    return !most.isEmpty() && !most.get(0).equals("max");
  }

  private static List<String> words(Path file) {
    return lines(file).stream().flatMap(line -> Arrays.stream(line.strip().split("\\s+"))).toList();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException none) {
      return List.of();
    }
  }
}
