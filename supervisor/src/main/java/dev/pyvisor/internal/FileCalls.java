package dev.pyvisor.internal;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.wire.Fields;
import java.util.List;
import java.util.function.Supplier;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The file methods of one session on one runner, one request after another. A transfer belongs to
 * the runner that it began on, so it does not follow the session to another one.
 *
 * <p>Immutable.
 */
final class FileCalls {
  private final SessionCore session;
  private final Supplier<Deadline> deadlines;
  private final FileJob<?> job;

  /**
   * What came.
   *
   * <p>Immutable.
   */
  record Answer(Fields result, List<byte[]> attachments) {
    /** The one attachment that there has to be. */
    byte[] attachment(FileCalls calls, String method) {
      if (attachments.size() != 1) {
        throw calls.failed(
            ErrorCode.INTERNAL, method + ": " + attachments.size() + " attachments came, not one");
      }
      return attachments.get(0);
    }
  }

  /** {@code deadlines}: one for each request, which so is bounded by itself. */
  FileCalls(SessionCore session, Supplier<Deadline> deadlines, FileJob<?> job) {
    this.session = session;
    this.deadlines = deadlines;
    this.job = job;
  }

  ObjectNode params() {
    return JsonNodeFactory.instance.objectNode().put("session", session.number());
  }

  Answer ask(String method, ObjectNode params, byte[]... attachments) {
    job.checkGivenUp();
    job.asking();
    return askAnyway(method, params, attachments);
  }

  /** Also where the job was given up; an error does not hide the one that led here. */
  void abort(long transfer) {
    try {
      askAnyway("file.abort", params().put("transfer", transfer));
    } catch (RunnerException gone) {
      // The runner has removed it with the session, or has ended.
    }
  }

  private Answer askAnyway(String method, ObjectNode params, byte[]... attachments) {
    return Futures.await(
        session
            .link()
            .requests()
            .request(
                method,
                params.toString(),
                List.of(attachments),
                deadlines.get(),
                (result, attached) ->
                    new Answer(new Fields("SES-9", "the result of " + method, result), attached)),
        () -> Futures.interrupted(session.runnerId(), method));
  }

  CallFailed failed(ErrorCode code, String message) {
    return FileErrors.failed(session.runnerId(), code, job.delivery(), message);
  }
}
