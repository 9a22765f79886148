package dev.pyvisor.transport;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A file or folder of the host that code sees in its sandbox and cannot change.
 *
 * <p>Immutable.
 *
 * @param host where it is; a relative path counts from the current directory, and links in it are
 *     followed once, when a runner is started
 * @param name what it is called inside, below {@link #FOLDER}
 */
public record Input(Path host, String name) {
  /** Where the inputs are inside, under every launcher that has them. */
  public static final Path FOLDER = Path.of("/inputs");

  /** A colon divides podman's words; what nobody sees in a name is a trap for who reads it. */
  private static final Pattern NAME = Pattern.compile("[^/:\\\\\\p{C}]+");

  /**
   * @throws IllegalArgumentException when that is no name
   */
  public Input {
    if (!NAME.matcher(name).matches()
        || name.isBlank()
        || name.equals(".")
        || name.equals("..")
        || !canBeWritten(name)) {
      throw new IllegalArgumentException(
          "input "
              + host
              + ": '"
              + name
              + "' cannot be its name in the sandbox; choose one without '/', ':', '\\' and control"
              + " characters that is neither '.' nor '..', as in input(path, \"data\") or"
              + " inputs=PATH=data");
    }
  }

  /** One that is called inside as it is outside. */
  public static Input of(Path host) {
    Path name = host.getFileName();
    return new Input(host, name == null ? "" : name.toString());
  }

  /** Where it is inside. */
  public Path place() {
    return FOLDER.resolve(name);
  }

  /**
   * Those, with this one.
   *
   * @throws IllegalArgumentException when another has its name
   */
  public List<Input> after(List<Input> others) {
    for (Input other : others) {
      if (other.name.equals(name)) {
        throw new IllegalArgumentException(
            "inputs "
                + other.host
                + " and "
                + host
                + " would both be "
                + place()
                + "; give one of them another name, as in input(path, \"data\") or"
                + " inputs=PATH=data");
      }
    }
    List<Input> all = new ArrayList<>(others);
    all.add(this);
    return List.copyOf(all);
  }

  /** In a locale of ASCII no other characters can be handed to a program. */
  private static boolean canBeWritten(String name) {
    try {
      Path.of(name);
      return true;
    } catch (InvalidPathException odd) {
      return false;
    }
  }
}
