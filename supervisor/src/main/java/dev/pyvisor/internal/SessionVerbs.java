package dev.pyvisor.internal;

import dev.pyvisor.Cell;
import dev.pyvisor.CodeFences;
import dev.pyvisor.Value;
import dev.pyvisor.ValueMode;
import dev.pyvisor.document.Document;
import dev.pyvisor.document.DocumentException;
import dev.pyvisor.document.DocumentWriter;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.PythonError;
import dev.pyvisor.tool.Tool;
import dev.pyvisor.wire.JsonRpc;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;

/**
 * What a session can be asked, in terms of cells and requests.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class SessionVerbs {
  private final ClientCore client;
  private final SessionCore session;
  private final BooleanSupplier calling;

  /** {@code calling}: whether they are asked of by a tool that the session waits for. */
  public SessionVerbs(ClientCore client, SessionCore session, BooleanSupplier calling) {
    this.client = client;
    this.session = session;
    this.calling = calling;
  }

  public CellHandle start(Cell cell) {
    refuseTools("execute");
    byte[] code = CodeFences.strip(cell.code()).getBytes(StandardCharsets.UTF_8);
    CellRequest request =
        new CellRequest(
            "execute",
            cell.value() == ValueMode.LAST_EXPRESSION ? "{\"value\":true}" : "{}",
            List.of(code),
            cell.listener());
    return new CellHandle(session, session.start(request, deadline()));
  }

  public CompletableFuture<Value> get(String name) {
    refuseTools("get");
    CellRequest request =
        new CellRequest("variable.get", nameParam(name), List.of(), Optional.empty());
    return session
        .call(request, deadline())
        .thenApply(
            result ->
                succeeded("get", name, result)
                    .value()
                    .orElseThrow(
                        () ->
                            new CompletionException(
                                failed(
                                    ErrorCode.INTERNAL, "get " + name + ": no value came", null))));
  }

  public CompletableFuture<Void> set(String name, Object value) {
    refuseTools("set");
    Document document = document(name, value);
    List<byte[]> attachments = new ArrayList<>();
    attachments.add(document.json());
    attachments.addAll(document.attachments());
    CellRequest request =
        new CellRequest("variable.set", nameParam(name), attachments, Optional.empty());
    return session.call(request, deadline()).thenAccept(result -> succeeded("set", name, result));
  }

  private Document document(String name, Object value) {
    try {
      return DocumentWriter.write(value);
    } catch (DocumentException unfit) {
      throw new CallFailed(
          session.runnerId(), unfit.code(), "set " + name + ": " + unfit.getMessage());
    }
  }

  public CompletableFuture<Integer> reset() {
    refuseTools("reset");
    return session.reset(deadline());
  }

  public void registerTools(List<Tool> tools) {
    client.registerTools(session, tools, deadline());
  }

  public void close() {
    client.closeSession(session, deadline());
  }

  /** Waits for an answer; refused where it could never come: inside this session's own listener. */
  public <T> T await(CompletableFuture<T> answer, String what) {
    return Futures.await(answer, () -> Futures.interrupted(session.runnerId(), what));
  }

  /** A listener that waits for its own session would wait for itself. */
  public void refuseListener(String verb) {
    if (session.mailbox().runsHere()) {
      throw reentrant(verb, "a listener");
    }
  }

  /** Law 14: a tool that calls its own session back gets an error at once. */
  private void refuseTools(String verb) {
    if (calling.getAsBoolean() || client.toolRunsHere(session)) {
      throw reentrant(verb, "a tool");
    }
  }

  public <T> CompletableFuture<T> published(CompletableFuture<T> internal) {
    return Futures.published(internal, session.link().callbacks());
  }

  private CallFailed reentrant(String verb, String who) {
    return new CallFailed(
        session.runnerId(),
        ErrorCode.REENTRANT_CALL,
        verb
            + ": "
            + who
            + " of session '"
            + session.name()
            + "' cannot call the same session back from a host tool callback; use another session");
  }

  private Outcome succeeded(String verb, String name, CellResult result) {
    if (result.failure() != null) {
      throw new CompletionException(result.failure());
    }
    Outcome outcome = result.outcome();
    if (outcome.ok()) {
      return outcome;
    }
    String why =
        outcome.error().isPresent()
            ? outcome.error().get().text()
            : outcome.cause().map(cause -> cause.text()).orElse(outcome.kind().wireName());
    throw new CompletionException(
        failed(
            outcome.error().isPresent() ? ErrorCode.INVALID_ARGUMENT : ErrorCode.KERNEL_DIED,
            verb + " " + name + ": " + why,
            outcome.error().map(PythonError::traceback).orElse(null)));
  }

  private CallFailed failed(
      ErrorCode code, String message, @org.jspecify.annotations.Nullable String traceback) {
    return new CallFailed(
        session.runnerId(), code, code.number(), Delivery.ANSWERED, message, traceback, null);
  }

  private Deadline deadline() {
    Duration limit = client.settings().callTimeout();
    return Deadline.in(client.timer(), limit);
  }

  private static String nameParam(String name) {
    return "{\"name\":" + JsonRpc.quoted(name) + "}";
  }
}
