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
   * Stops the container of that name, so that it takes no memory and no process; its files stay,
   * but for those in memory ({@code /tmp}), and the next client of that name starts it. Where it is
   * stopped already, or there is none, nothing is done.
   *
   * @param engine podman or docker
   * @throws dev.pyvisor.error.LaunchFailed when a client uses it
   * @throws IllegalStateException when Pyvisor has not made it
   * @throws IOException when it cannot be stopped
   */
  public static void stop(Launcher engine, String name) throws IOException {
    stop(new Engine(engine), KeptFolder.of(engine, name));
  }

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

  static void stop(Engine engine, KeptFolder folder) throws IOException {
    KeptLock lock = KeptLock.take(folder.name(), folder);
    try {
      if (ours(engine, folder).filter(KeptState::up).isPresent()) {
        engine.required("stop", engine.stop(folder.name()));
      }
    } finally {
      lock.release();
    }
  }

  static void destroy(Engine engine, KeptFolder folder) throws IOException {
    KeptLock lock = KeptLock.take(folder.name(), folder);
    try {
      if (ours(engine, folder).isPresent()) {
        engine.required("rm", engine.remove(folder.name()));
      }
      Optional<IOException> left = DirectoryRemoval.of(folder.path());
      if (left.isPresent()) {
        throw left.get();
      }
    } finally {
      lock.release();
    }
  }

  private static Optional<KeptState> ours(Engine engine, KeptFolder folder) throws IOException {
    Optional<KeptState> found = KeptState.of(engine, folder.name());
    if (found.isPresent() && !found.get().isOurs(folder.name())) {
      throw new IllegalStateException(
          "the container '"
              + folder.name()
              + "' is not one that Pyvisor has made; use '"
              + engine.name()
              + "' itself for it, if that is meant");
    }
    return found;
  }
}
