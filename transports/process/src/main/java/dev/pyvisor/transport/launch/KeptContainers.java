package dev.pyvisor.transport.launch;

import dev.pyvisor.Launcher;
import dev.pyvisor.transport.DirectoryRemoval;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.KeptLock;
import java.io.IOException;
import java.util.Optional;

/**
 * The containers that are kept, without a client.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class KeptContainers {
  private KeptContainers() {}

  /**
   * Removes the container of that name, with all that runs in it and every file that was kept.
   * Where there is none, nothing is done. A workspace that was named stays: it is yours.
   *
   * @param engine podman or docker
   * @throws dev.pyvisor.error.LaunchFailed when a client uses it
   * @throws IllegalStateException when Pyvisor has not made it
   * @throws IOException when it cannot be removed
   */
  public static void destroy(Launcher engine, String name) throws IOException {
    destroy(new Engine(engine), KeptFolder.of(engine, name));
  }

  static void destroy(Engine engine, KeptFolder folder) throws IOException {
    String name = folder.name();
    KeptLock lock = KeptLock.take(name, folder);
    try {
      Optional<KeptState> found = KeptState.of(engine, name);
      if (found.isPresent() && !found.get().owner().equals(name)) {
        throw new IllegalStateException(
            "the container '"
                + name
                + "' is not one that Pyvisor has made; remove it with '"
                + engine.name()
                + " rm', if that is meant");
      }
      if (found.isPresent()) {
        Optional<String> complaint = engine.remove(name);
        if (complaint.isPresent()) {
          throw new IOException(engine.name() + " rm: " + complaint.get());
        }
      }
      Optional<IOException> left = DirectoryRemoval.of(folder.path());
      if (left.isPresent()) {
        throw left.get();
      }
    } finally {
      lock.release();
    }
  }
}
