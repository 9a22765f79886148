package dev.pyvisor.transport.launch;

import java.util.List;
import java.util.Optional;

/**
 * What a launcher has made that does not end with its process, a container for example.
 *
 * <p>Immutable.
 *
 * @param removal removes it, and what runs in it; where it is gone already, nothing is done.
 *     Blocks, within the limit of a command, on the thread that watches for the exit; what cannot
 *     be removed is logged
 * @param will for when this process is killed and can remove nothing: the command that does the
 *     same, of no words where only the private directory is to be removed, which is done in any
 *     case. Empty where the runner sees its host, and does that itself
 */
public record Remains(Runnable removal, Optional<List<String>> will) {
  /** Nothing is left, and the runner sees when its host is gone. */
  public static final Remains NONE = new Remains(() -> {}, Optional.empty());

  /** Nothing is left, but the runner sees no host. */
  public static final Remains DIRECTORY = new Remains(() -> {}, Optional.of(List.of()));
}
