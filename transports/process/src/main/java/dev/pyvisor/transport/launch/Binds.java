package dev.pyvisor.transport.launch;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Input;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * What of the machine is seen in a sandbox, under the same names as outside, but for inputs. A
 * folder comes before what is in it: a virtual environment in a workspace is read-only.
 *
 * <p>Confined to the thread that plans the start.
 */
final class Binds {
  /** Folders that hold more than one program's own; nobody means all of it. */
  private static final Set<Path> BROAD =
      Set.of(
          Path.of("/"),
          Path.of("/boot"),
          Path.of("/dev"),
          Path.of("/etc"),
          Path.of("/home"),
          Path.of("/mnt"),
          Path.of("/opt"),
          Path.of("/proc"),
          Path.of("/root"),
          Path.of("/run"),
          Path.of("/srv"),
          Path.of("/sys"),
          Path.of("/tmp"),
          Path.of("/var"));

  private static final Path HOMES = Path.of("/home");
  private static final Path SYSTEM = Path.of("/usr");

  /**
   * Files for tools are there, reports of what hangs, and whatever the program itself puts there.
   */
  private static final Path TEMPORARY =
      Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath().normalize();

  /** How it is shown: the option of bwrap, and what podman has behind the path. */
  private enum How {
    // The mark z is for systems that label files.
    READ_ONLY("--ro-bind", ":ro,z"),
    WRITABLE("--bind", ":rw,z"),
    /** Its label is its owner's: another would be a change that others see. */
    INPUT("--ro-bind", ":ro");

    private final String option;
    private final String mode;

    How(String option, String mode) {
      this.option = option;
      this.mode = mode;
    }
  }

  /**
   * Immutable.
   *
   * @param source where it is by its own name: a link in the path may lead anywhere, and what it
   *     leads to is what is looked at and shown
   */
  private record Bind(How how, Path source, Path path) {}

  private final String runnerId;
  private final Path secret;
  private final List<Bind> binds = new ArrayList<>();

  /** {@code secret}: the client's private directory, which no folder that is seen may hold. */
  Binds(String runnerId, Path secret) {
    this.runnerId = runnerId;
    this.secret = secret;
  }

  /**
   * @param what whose path it is, as the beginning of a sentence
   */
  void readOnly(String what, Path path) {
    if (!path.startsWith(SYSTEM) && !isSeen(path)) {
      add(How.READ_ONLY, what, path);
    }
  }

  /** Later than what is read-only: code must not change what this process itself will run. */
  void writable(String what, Path path) {
    for (Path name : List.of(path, real(path))) {
      if (name.startsWith(SYSTEM)) {
        throw refused(what, path, "is a part of the system");
      }
      if (isSeen(name)) {
        throw refused(what, path, "is a part of the interpreter or of the runner");
      }
    }
    add(How.WRITABLE, what, path);
    requireFirmlyHeld(path);
  }

  /**
   * What is shown read-only in a folder that code writes to cannot be moved away, but what lies
   * between the two can be, with it: then this process would run what code has put in its place.
   */
  private void requireFirmlyHeld(Path writable) {
    Path outer = real(writable);
    for (Bind bind : binds) {
      Path parent = bind.source().getParent();
      if (bind.how() == How.READ_ONLY && bind.source().startsWith(outer) && !outer.equals(parent)) {
        throw refused(
            "the workspace",
            writable,
            "holds " + bind.path() + ", which this process runs, and code could move " + parent);
      }
    }
  }

  /**
   * Later than what is writable. What code could write to by another name would be no input, and
   * what it could replace by a link would be any file of the machine when the next runner is
   * started.
   */
  void input(Input input) {
    Path source = InputFiles.source(runnerId, input);
    requireNarrow("the input", source);
    for (Bind bind : binds) {
      if (bind.how() == How.WRITABLE
          && (overlap(source, bind.source())
              || overlap(input.host().toAbsolutePath().normalize(), bind.path()))) {
        throw InputFiles.refused(
            runnerId,
            input,
            "lies in " + bind.path() + ", which code writes to, or holds it",
            "keep inputs beside the workspace, or leave this one out and read it there");
      }
      if (bind.how() != How.INPUT && bind.path().startsWith(Input.FOLDER)) {
        throw InputFiles.refused(
            runnerId,
            input,
            "would be " + input.place() + " inside, and " + bind.path() + " is used there already",
            "keep the workspace and the interpreter out of " + Input.FOLDER);
      }
    }
    binds.add(new Bind(How.INPUT, source, input.place()));
  }

  private static boolean overlap(Path one, Path other) {
    return one.startsWith(other) || other.startsWith(one);
  }

  private boolean isSeen(Path path) {
    return binds.stream()
        .anyMatch(bind -> bind.how() == How.READ_ONLY && path.startsWith(bind.path()));
  }

  private void add(How how, String what, Path path) {
    requireNarrow(what, path);
    binds.add(new Bind(how, real(path), path));
  }

  private void requireNarrow(String what, Path path) {
    for (Path name : List.of(path, real(path))) {
      if (BROAD.contains(name) || HOMES.equals(name.getParent())) {
        throw refused(what, path, "holds more than may be seen in a sandbox");
      }
      if (secret.startsWith(name) || real(secret).startsWith(name)) {
        throw refused(what, path, "holds this client's private directory " + secret);
      }
      if (TEMPORARY.startsWith(name) || real(TEMPORARY).startsWith(name)) {
        throw refused(
            what,
            path,
            "holds " + TEMPORARY + ", where this process has its temporary files (java.io.tmpdir)");
      }
    }
  }

  private static Path real(Path path) {
    try {
      return path.toRealPath();
    } catch (IOException gone) {
      return path;
    }
  }

  private LaunchFailed refused(String what, Path path, String why) {
    return new LaunchFailed(
        runnerId,
        ErrorCode.INVALID_ARGUMENT,
        what + " " + path + " " + why + "; choose a folder of its own",
        null);
  }

  /** Options of bwrap. */
  List<String> options() {
    List<String> options = new ArrayList<>();
    binds.stream()
        .sorted(Comparator.comparingInt(bind -> bind.path().getNameCount()))
        .forEach(
            bind -> {
              options.add(bind.how().option);
              options.add(bind.source().toString());
              options.add(bind.path().toString());
            });
    return options;
  }

  /** Options of podman and docker. */
  List<String> volumes() {
    List<String> options = new ArrayList<>();
    for (Bind bind : binds) {
      String path = bind.path().toString();
      if (path.indexOf(':') >= 0 || bind.source().toString().indexOf(':') >= 0) {
        throw refused("the folder", bind.path(), "has a colon, which divides podman's words");
      }
      options.addAll(List.of("--volume", bind.source() + ":" + path + bind.how().mode));
    }
    return options;
  }
}
