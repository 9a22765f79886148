package dev.pyvisor.mcp.server;

import dev.pyvisor.Defaults;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one client of the server has: a runner of its own, started when it first needs one, and the
 * sessions on it. No other client sees them.
 *
 * <p>Thread-safe: by concurrent collections and futures.
 */
final class Workbench implements AutoCloseable {
  private final Supplier<SupervisorClient> start;
  private final AtomicReference<@Nullable CompletableFuture<SupervisorClient>> runner =
      new AtomicReference<>();
  private final Map<String, Session> opened = new ConcurrentHashMap<>();

  Workbench(Supplier<SupervisorClient> start) {
    this.start = start;
  }

  /**
   * The session of that name; without one, that which needs no opening.
   *
   * @throws Refused when it is not open
   */
  Session session(Optional<String> name) {
    if (name.isEmpty() || name.get().equals(Defaults.SESSION)) {
      return runner().session();
    }
    Session found = opened.get(name.get());
    if (found == null) {
      throw new Refused(
          "there is no session '"
              + name.get()
              + "'; open ones: "
              + String.join(", ", names())
              + ". Open it with open_session, or leave the argument out for "
              + Defaults.SESSION);
    }
    return found;
  }

  /** Those that are open, the one that needs no opening included. */
  List<String> names() {
    TreeSet<String> names = new TreeSet<>(opened.keySet());
    names.add(Defaults.SESSION);
    return List.copyOf(names);
  }

  /** Opens a session that begins empty. */
  void open(String name) {
    refuseOpen(name);
    opened.put(name, runner().openSession(name));
  }

  /** Opens a session that begins with what another has, or had at a checkpoint. */
  Session branch(Session parent, String name, Optional<String> checkpoint) {
    refuseOpen(name);
    Session branch =
        checkpoint.map(at -> parent.branch(name, at)).orElseGet(() -> parent.branch(name));
    opened.put(name, branch);
    return branch;
  }

  /** Two that open one name at once race to the runner, which refuses the second. */
  private void refuseOpen(String name) {
    if (names().contains(name)) {
      throw new Refused("the session '" + name + "' is open already; use it, or another name");
    }
  }

  /** Ends a session with all that is in it; the one that needs no opening starts over instead. */
  void close(String name) {
    Session session = session(Optional.of(name));
    if (name.equals(Defaults.SESSION)) {
      session.reset();
      return;
    }
    session.close();
    opened.remove(name, session);
  }

  /** The runner; the first that needs it starts it, and who comes meanwhile waits for that. */
  private SupervisorClient runner() {
    CompletableFuture<SupervisorClient> mine = new CompletableFuture<>();
    // Racing callers: the loser waits for the winner's runner.
    CompletableFuture<SupervisorClient> there = runner.compareAndExchange(null, mine);
    if (there != null) {
      return await(there);
    }
    try {
      mine.complete(start.get());
    } catch (RuntimeException | Error failed) {
      mine.completeExceptionally(failed);
      // The next call tries again: what was in the way may be gone.
      runner.compareAndSet(mine, null);
    }
    return await(mine);
  }

  private static SupervisorClient await(CompletableFuture<SupervisorClient> there) {
    try {
      return there.join();
    } catch (CompletionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw failed;
    }
  }

  /** Ends the runner; one that is being started ends as soon as it has been. */
  @Override
  public void close() {
    CompletableFuture<SupervisorClient> none = new CompletableFuture<>();
    none.completeExceptionally(new Refused("the server is ending"));
    CompletableFuture<SupervisorClient> there = runner.getAndSet(none);
    if (there != null) {
      there.whenComplete(
          (client, failed) -> {
            if (client != null) {
              client.close();
            }
          });
    }
  }
}
