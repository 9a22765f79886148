package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFile;
import dev.pyvisor.error.CallCancelled;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What can be done with the files of a session's workspace, each on a thread of its own: it waits
 * for the disk and for the runner, and for neither a kernel nor a listener.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class FileVerbs {
  private final ClientCore client;
  private final SessionLife session;

  public FileVerbs(ClientCore client, SessionLife session) {
    this.client = client;
    this.session = session;
  }

  /** With the runner that the session has when its turn comes. */
  private interface Verb<T> {
    T run(FileCalls calls) throws IOException;
  }

  /**
   * Work that was begun.
   *
   * <p>Immutable.
   */
  public static final class Begun<T> {
    private final FileJob<T> job;

    private Begun(FileJob<T> job) {
      this.job = job;
    }
  }

  public Begun<Void> put(Path host, String path, Transfer how) {
    return begin(
        "put " + host,
        path,
        calls -> {
          new Putting(calls, path, how).put(host);
          return null;
        });
  }

  public Begun<Void> collect(String path, Path host, Transfer how) {
    return begin(
        "collect " + path,
        path,
        calls -> {
          new Collecting(calls, how, session.workspace()).collect(path, host);
          return null;
        });
  }

  public Begun<Void> mkdir(String path) {
    return begin(
        "mkdir " + path,
        path,
        calls -> {
          calls.ask("file.mkdir", calls.params().put("path", path));
          return null;
        });
  }

  public Begun<List<WorkspaceFile>> list(String path) {
    return begin("list " + path, path, calls -> WorkspaceTree.files(calls, path));
  }

  private <T> Begun<T> begin(String what, String path, Verb<T> verb) {
    FileJob<T> job =
        new FileJob<>(
            client.runnerId(),
            what,
            self -> {
              FileCalls calls =
                  new FileCalls(client.core(session, deadline()), this::deadline, self);
              refuseNoText(calls, what, path);
              return verb.run(calls);
            });
    Trace trace = client.trace();
    trace.filesStart(client.runnerId(), session.name(), what);
    job.result.whenComplete(
        (value, failure) -> trace.filesEnd(client.runnerId(), session.name(), what, failure));
    if (!session.transfers().submit(job, client.copies())) {
      job.result.completeExceptionally(
          new CallFailed(
              client.runnerId(),
              ErrorCode.RESOURCE_EXHAUSTED,
              what
                  + ": "
                  + Defaults.QUEUED_OPERATIONS
                  + " transfers of session '"
                  + session.name()
                  + "' already wait"));
    }
    return new Begun<>(job);
  }

  /** What cannot be sent would arrive as another name. */
  private static void refuseNoText(FileCalls calls, String what, String path) {
    if (!HostName.isText(path)) {
      throw calls.failed(
          ErrorCode.INVALID_ARGUMENT,
          what + ": the path has a lone surrogate, and has to be text that UTF-8 can write");
    }
  }

  /** Begins and waits; an interrupt ends the wait and gives the work up. */
  public <T> T await(Supplier<Begun<T>> verb, String what) {
    if (session.transfers().runsHere()) {
      throw new CallFailed(
          client.runnerId(),
          ErrorCode.REENTRANT_CALL,
          what
              + ": a listener of a transfer cannot wait for another one of the same session; use"
              + " the form that returns a future");
    }
    Begun<T> begun = verb.get();
    return Futures.await(
        begun.job.result,
        () -> {
          begun.job.giveUp();
          return interrupted(what);
        });
  }

  private RunnerException interrupted(String what) {
    return new CallCancelled(
        client.runnerId(),
        Delivery.UNKNOWN,
        "the thread was interrupted while it waited for " + what + ", which is given up");
  }

  /** For the user; cancelling it gives the work up. */
  public <T> CompletableFuture<T> published(Begun<T> begun) {
    CompletableFuture<T> shown = client.published(begun.job.result);
    shown.whenComplete(
        (value, failure) -> {
          if (shown.isCancelled()) {
            begun.job.giveUp();
          }
        });
    return shown;
  }

  private Deadline deadline() {
    return client.settings().inCallTime(client.timer());
  }
}
