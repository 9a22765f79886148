package dev.pyvisor.internal;

import dev.pyvisor.GenerationChange;
import dev.pyvisor.Session;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.outcome.StateReport;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * A session over all the runners that it has had: what a new one continues, and its core on the one
 * that it has now.
 *
 * <p>Thread-safe: by volatile fields that are written whole; the mailbox guards itself.
 */
public final class SessionLife {
  private final String name;
  private final Mailbox mailbox;
  private final AtomicInteger cells = new AtomicInteger();
  private final Set<Operation> unsettled = ConcurrentHashMap.newKeySet();
  private final TransferQueue transfers = new TransferQueue();
  private final Registrations registrations = new Registrations();
  private final HostWork hostWork = new HostWork();
  private volatile @Nullable SessionCore core;
  private volatile @Nullable Function<BooleanSupplier, Session> faces;
  private volatile @Nullable Session facade;
  private volatile @Nullable Path workspace;
  private volatile @Nullable StateReport origin;
  private volatile @Nullable Consumer<OutputChunk> late;
  private volatile @Nullable Consumer<GenerationChange> onGeneration;
  private final AtomicReference<@Nullable CompletableFuture<JsonNode>> closing =
      new AtomicReference<>();

  SessionLife(String name, Mailbox mailbox) {
    this.name = name;
    this.mailbox = mailbox;
  }

  public String name() {
    return name;
  }

  /** Its core on the runner that it has now, or had last. */
  SessionCore core() {
    SessionCore found = core;
    if (found == null) {
      throw new IllegalStateException("session " + name + " is not open yet");
    }
    return found;
  }

  public int generation() {
    return core().generation();
  }

  /** From now on it lives on the runner of this core. */
  void continueAs(SessionCore opened) {
    core = opened;
  }

  // ---- what all its cores share ----

  /** What is told stays in order also where one runner takes the place of another. */
  Mailbox mailbox() {
    return mailbox;
  }

  /** Its transfers of files take turns whatever runner they go to. */
  TransferQueue transfers() {
    return transfers;
  }

  /** Whose list of its tools is the next one that the runner is told. */
  Registrations registrations() {
    return registrations;
  }

  /** What its tools do on the host. */
  public HostWork hostWork() {
    return hostWork;
  }

  /** Numbers are never used again, so that a report names one cell only. */
  int nextCell() {
    return cells.incrementAndGet();
  }

  /** Counts on from the last cell whose work is in its state, as the kernel does. */
  void countFrom(int cell) {
    cells.accumulateAndGet(cell, Math::max);
  }

  /** Cells of all its runners that a listener may still hold up; a close settles them. */
  Set<Operation> unsettled() {
    return unsettled;
  }

  public void onLateOutput(Consumer<OutputChunk> consumer) {
    late = consumer;
  }

  @Nullable Consumer<OutputChunk> lateOutput() {
    return late;
  }

  public void onGeneration(Consumer<GenerationChange> consumer) {
    onGeneration = consumer;
  }

  @Nullable Consumer<GenerationChange> generationListener() {
    return onGeneration;
  }

  /** The directory that its cells run in, as the runner has told it. */
  @Nullable Path workspace() {
    return workspace;
  }

  void workspace(Path told) {
    workspace = told;
  }

  /** What it began with of another session's state, where it is a branch. */
  public Optional<StateReport> origin() {
    return Optional.ofNullable(origin);
  }

  void origin(StateReport told) {
    origin = told;
  }

  // ---- its public faces ----

  void face(Function<BooleanSupplier, Session> maker) {
    faces = maker;
    facade = maker.apply(() -> false);
  }

  /** Its public face; there before anything can be called on it. */
  public Session facade() {
    Session found = facade;
    if (found == null) {
      throw new IllegalStateException("session " + name + " has no face yet");
    }
    return found;
  }

  /** Its face for a tool that it called; refused while {@code calling} says that it waits. */
  Session facade(BooleanSupplier calling) {
    Function<BooleanSupplier, Session> found = faces;
    return found == null ? facade() : found.apply(calling);
  }

  // ---- its end ----

  /** Whether the user has closed it; no runner is started for it any more. */
  boolean isClosed() {
    return closing.get() != null;
  }

  /**
   * The one close that there is, for all who close it. They race: {@code close} is called for the
   * first, and the others get what comes of that.
   */
  CompletableFuture<JsonNode> close(Supplier<CompletableFuture<JsonNode>> close) {
    CompletableFuture<JsonNode> first = new CompletableFuture<>();
    CompletableFuture<JsonNode> other = closing.compareAndExchange(null, first);
    if (other != null) {
      return other;
    }
    close
        .get()
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                first.complete(result);
              } else {
                first.completeExceptionally(failure);
              }
            });
    return first;
  }
}
