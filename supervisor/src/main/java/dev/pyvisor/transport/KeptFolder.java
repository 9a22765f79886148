package dev.pyvisor.transport;

import dev.pyvisor.Launcher;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The folder of this machine that holds what a kept container needs for longer than a client: the
 * files that stay, and what says whose it is. It is there until the container is destroyed.
 *
 * <p>Immutable.
 *
 * @param engine podman or docker: each has names of its own
 * @param name the container's
 * @param path the folder's
 */
public record KeptFolder(Launcher engine, String name, Path path) {
  /** As podman and docker have it; longer ones are cut off where they are shown. */
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{1,62}");

  /** The one of a container of that name. */
  public static KeptFolder of(Launcher engine, String name) {
    return new KeptFolder(engine, name, root().resolve(engine.word()).resolve(checked(name)));
  }

  /**
   * That name.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static String checked(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "container '"
              + name
              + "' is no name for a container; write 2 to 63 letters, digits, '_', '.' and '-', the"
              + " first a letter or a digit");
    }
    return name;
  }

  /** The user's: {@code $XDG_STATE_HOME/pyvisor}, else {@code ~/.local/state/pyvisor}. */
  private static Path root() {
    String xdg = System.getenv("XDG_STATE_HOME");
    Path base =
        xdg != null && Path.of(xdg).isAbsolute()
            ? Path.of(xdg)
            : Path.of(System.getProperty("user.home"), ".local", "state");
    return base.resolve("pyvisor").resolve("containers");
  }

  /** The directory of cells that were given no other; all that is in it stays. */
  public Path files() {
    return path.resolve("files");
  }

  /** Holds a private directory of the runner's for each client, and for no longer. */
  public Path runners() {
    return path.resolve("runners");
  }

  /** The runner itself, as it was when the container was made. */
  public Path payload() {
    return path.resolve("runner.pyz");
  }

  /** Seen inside, and not to be written there. */
  public Path told() {
    return path.resolve("told");
  }

  /** Names the runner that the container is for. */
  public Path holder() {
    return told().resolve("holder");
  }

  /** Names the runner whose host is gone. */
  public Path ended() {
    return told().resolve("ended");
  }

  /** Beside the folder: who destroys the one must still hold the other. */
  Path lock() {
    return path.getParent().resolveSibling("locks").resolve(engine.word() + "-" + name);
  }
}
