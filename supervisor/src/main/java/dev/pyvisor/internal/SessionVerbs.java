package dev.pyvisor.internal;

import dev.pyvisor.Cell;
import dev.pyvisor.CodeFences;
import dev.pyvisor.TimeLimit;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * What a session can be asked, in terms of cells and requests.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class SessionVerbs {
  private final ClientCore client;
  private final SessionLife session;
  private final Reentrancy reentrancy;

  public SessionVerbs(ClientCore client, SessionLife session, Reentrancy reentrancy) {
    this.client = client;
    this.session = session;
    this.reentrancy = reentrancy;
  }

  public CellHandle start(Cell cell) {
    reentrancy.refuseTools("execute");
    byte[] code = CodeFences.strip(cell.code()).getBytes(StandardCharsets.UTF_8);
    CellRequest request =
        CellRequest.execute(
            cell.value() == ValueMode.LAST_EXPRESSION,
            code,
            Audience.of(cell.listener(), client.settings().verbose()),
            cell.timeLimit().orElse(client.settings().cellTimeout()),
            cell.interruptGrace().orElse(client.settings().interruptGrace()));
    Deadline by = deadline();
    SessionCore core = client.core(session, by);
    return new CellHandle(core, core.start(cell.draft() ? request.asDraft() : request, by));
  }

  public CompletableFuture<Value> get(String name) {
    reentrancy.refuseTools("get");
    CellRequest request = variable("variable.get", name, List.of());
    return call(request)
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
    reentrancy.refuseTools("set");
    Document document = document(name, value);
    List<byte[]> attachments = new ArrayList<>();
    attachments.add(document.json());
    attachments.addAll(document.attachments());
    CellRequest request = variable("variable.set", name, attachments);
    return call(request).thenAccept(result -> succeeded("set", name, result));
  }

  private CompletableFuture<CellResult> call(CellRequest request) {
    Deadline by = deadline();
    return client.core(session, by).call(request, by);
  }

  private Document document(String name, Object value) {
    try {
      return DocumentWriter.write(value);
    } catch (DocumentException unfit) {
      throw new CallFailed(
          client.runnerId(), unfit.code(), "set " + name + ": " + unfit.getMessage());
    }
  }

  public void registerTools(List<Tool> tools) {
    client.registerTools(session, tools, deadline());
  }

  public void close() {
    client.closeSession(session, deadline());
  }

  public <T> T await(CompletableFuture<T> answer, String what) {
    return Futures.await(answer, () -> Futures.interrupted(client.runnerId(), what));
  }

  public <T> CompletableFuture<T> published(CompletableFuture<T> internal) {
    return client.published(internal);
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
            code(outcome),
            verb + " " + name + ": " + why,
            outcome.error().map(PythonError::traceback).orElse(null)));
  }

  private static ErrorCode code(Outcome outcome) {
    return switch (outcome.kind()) {
      case TIMED_OUT -> ErrorCode.DEADLINE_EXCEEDED;
      case INTERRUPTED, CANCELLED -> ErrorCode.CANCELLED;
      default -> outcome.error().isPresent() ? ErrorCode.INVALID_ARGUMENT : ErrorCode.KERNEL_DIED;
    };
  }

  private CallFailed failed(
      ErrorCode code, String message, @org.jspecify.annotations.Nullable String traceback) {
    return new CallFailed(
        client.runnerId(), code, code.number(), Delivery.ANSWERED, message, traceback, null);
  }

  private Deadline deadline() {
    Duration limit = client.settings().callTimeout();
    return Deadline.in(client.timer(), limit);
  }

  /**
   * With a deadline in the kernel too: user code that it runs must not hold the session for ever.
   */
  private CellRequest variable(String method, String name, List<byte[]> attachments) {
    ClientSettings settings = client.settings();
    return CellRequest.variable(
        method, name, attachments, TimeLimit.of(settings.callTimeout()), settings.interruptGrace());
  }
}
