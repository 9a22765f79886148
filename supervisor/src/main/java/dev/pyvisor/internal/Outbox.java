package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.FrameWriter;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.ProtocolError;
import dev.pyvisor.wire.Purse;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What waits for the writer. Nobody blocks here but the writer itself: who brings a message has
 * reserved room for it before.
 *
 * <p>What comes first: PING and PONG; credit, one frame a lane however often it was given; messages
 * to the supervisor; then the sessions in turn, a frame each, as far as their credit goes. So a
 * control frame waits for at most the frames that the writer has already taken, and a session whose
 * kernel does not read holds up nobody else.
 *
 * <p>Guarded by lock.
 */
final class Outbox implements FrameSource {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition something = lock.newCondition();
  private final Queue<Frame> urgent = new ArrayDeque<>();
  private final Map<CreditKey, Integer> credits = new LinkedHashMap<>();
  private final Deque<Outgoing> control = new ArrayDeque<>();
  private final Map<Integer, SessionLane> lanes = new HashMap<>();
  private final Deque<SessionLane> turn = new ArrayDeque<>();
  private boolean writerWaits;
  private boolean ended;

  private record CreditKey(int session, Lane lane) {}

  /** One session's messages, in their order. */
  private static final class SessionLane {
    final Purse purse = new Purse(Lane.KERNEL);
    final Deque<Outgoing> messages = new ArrayDeque<>();
    boolean inTurn;

    boolean canSend() {
      Outgoing first = messages.peek();
      return first != null && first.writer.nextBody() <= purse.left();
    }
  }

  /** A session has been opened: from now on its messages are taken in. */
  void open(int session) {
    lock.lock();
    try {
      if (!ended) {
        lanes.put(session, new SessionLane());
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Queues a message; where nothing is sent any more, or not to its session, it has left at once.
   */
  void send(Outgoing message) {
    if (!enter(message)) {
      message.left();
    }
  }

  private boolean enter(Outgoing message) {
    lock.lock();
    try {
      if (ended) {
        return false;
      }
      if (message.session == 0) {
        control.add(message);
      } else {
        SessionLane lane = lanes.get(message.session);
        if (lane == null) {
          // Whoever answers a call races with the close of its session.
          return false;
        }
        lane.messages.add(message);
        takeTurn(lane);
      }
      wakeWriter();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a message back; false when the writer has begun it, or it is not here any more. */
  boolean withdraw(Outgoing message) {
    lock.lock();
    try {
      if (message.writer.started()) {
        return false;
      }
      SessionLane lane = lanes.get(message.session);
      if (!(message.session == 0
          ? control.remove(message)
          : lane != null && lane.messages.remove(message))) {
        return false;
      }
    } finally {
      lock.unlock();
    }
    message.left();
    return true;
  }

  /** Whether a byte of the message may have been written. */
  boolean started(Outgoing message) {
    lock.lock();
    try {
      return message.writer.started();
    } finally {
      lock.unlock();
    }
  }

  /** How far a message has come, for a report of what hangs. */
  String stage(@Nullable Outgoing message) {
    if (message == null) {
      return "not handed over yet";
    }
    lock.lock();
    try {
      if (message.writer.finished()) {
        return "sent";
      }
      return (message.writer.started() ? "half written, " : "queued, ")
          + message.writer.left()
          + " bytes to go";
    } finally {
      lock.unlock();
    }
  }

  /** Whether nothing more is taken in, or begun. */
  boolean ended() {
    lock.lock();
    try {
      return ended;
    } finally {
      lock.unlock();
    }
  }

  void ping(byte[] body) {
    lock.lock();
    try {
      urgent.add(Frame.ping(body));
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  void pong(byte[] body) {
    lock.lock();
    try {
      if (urgent.size() >= Defaults.QUEUED_PONGS) {
        throw new ProtocolError("TRN-5", urgent.size() + " PINGs were sent and no PONG was read");
      }
      urgent.add(Frame.pong(body));
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  /** Gives the runner credit for what was consumed. */
  void giveCredit(int session, Lane lane, int bytes) {
    lock.lock();
    try {
      credits.merge(new CreditKey(session, lane), bytes, Integer::sum);
      wakeWriter();
    } finally {
      lock.unlock();
    }
  }

  /** The runner gives this side credit; of no use where the session is closed. */
  void takeCredit(int session, int bytes) {
    lock.lock();
    try {
      SessionLane lane = lanes.get(session);
      if (lane != null) {
        lane.purse.fill(bytes);
        takeTurn(lane);
        wakeWriter();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * A session is closed: what is still to be said to it is dropped, also the rest of a message that
   * has begun (LIF-8), for nobody gives it credit any more.
   */
  void forget(int session) {
    SessionLane lane;
    lock.lock();
    try {
      lane = lanes.remove(session);
      turn.remove(lane);
    } finally {
      lock.unlock();
    }
    if (lane != null) {
      lane.messages.forEach(Outgoing::left);
    }
  }

  /** Nothing is taken in any more, and what has not begun is dropped; the writer ends. */
  void end() {
    List<Outgoing> dropped = new ArrayList<>();
    lock.lock();
    try {
      ended = true;
      dropped.addAll(control);
      control.clear();
      lanes.values().forEach(lane -> dropped.addAll(lane.messages));
      lanes.clear();
      turn.clear();
      something.signalAll();
    } finally {
      lock.unlock();
    }
    dropped.forEach(Outgoing::left);
  }

  @Override
  public boolean take(ByteBuffer into) throws InterruptedException {
    int start = into.position();
    List<Outgoing> written = new ArrayList<>(1);
    lock.lockInterruptibly();
    try {
      fill(into, written);
      while (into.position() == start && !ended) {
        writerWaits = true;
        try {
          something.await();
        } finally {
          writerWaits = false;
        }
        fill(into, written);
      }
    } finally {
      lock.unlock();
    }
    written.forEach(Outgoing::left);
    return into.position() > start;
  }

  /** Facts for a report of what hangs. */
  List<String> evidence() {
    lock.lock();
    try {
      List<String> facts = new ArrayList<>();
      facts.add(
          "outbox: urgent="
              + urgent.size()
              + " credits="
              + credits.size()
              + " control="
              + control.size()
              + " ("
              + bytes(control)
              + " bytes)"
              + " ended="
              + ended);
      lanes.forEach(
          (session, lane) ->
              facts.add(
                  "outbox: session "
                      + session
                      + " messages="
                      + lane.messages.size()
                      + " ("
                      + bytes(lane.messages)
                      + " bytes)"
                      + " credit="
                      + lane.purse.left()));
      return facts;
    } finally {
      lock.unlock();
    }
  }

  private void fill(ByteBuffer into, Collection<Outgoing> written) {
    while (!urgent.isEmpty() && into.remaining() >= urgent.element().size()) {
      FrameWriter.write(urgent.remove(), into);
    }
    for (Iterator<Map.Entry<CreditKey, Integer>> given = credits.entrySet().iterator();
        given.hasNext() && into.remaining() >= Limits.FRAME_HEADER + Limits.CREDIT_BODY; ) {
      Map.Entry<CreditKey, Integer> entry = given.next();
      FrameWriter.write(
          Frame.credit(entry.getKey().session(), entry.getKey().lane(), entry.getValue()), into);
      given.remove();
    }
    while (!control.isEmpty() && fits(control.element(), into)) {
      writeFrame(control, into, written);
    }
    while (!turn.isEmpty()) {
      SessionLane lane = turn.element();
      // A message may have been withdrawn since the lane took its turn.
      boolean sendable = lane.canSend();
      if (sendable && !fits(lane.messages.element(), into)) {
        return;
      }
      turn.remove();
      lane.inTurn = false;
      if (sendable) {
        lane.purse.spend(writeFrame(lane.messages, into, written));
        takeTurn(lane);
      }
    }
  }

  private static int writeFrame(
      Deque<Outgoing> messages, ByteBuffer into, Collection<Outgoing> written) {
    Outgoing message = messages.element();
    int body = message.writer.nextBody();
    message.writer.writeNext(into);
    if (message.writer.finished()) {
      written.add(messages.remove());
    }
    return body;
  }

  private static long bytes(Collection<Outgoing> messages) {
    return messages.stream().mapToLong(message -> message.writer.left()).sum();
  }

  private static boolean fits(Outgoing message, ByteBuffer into) {
    return into.remaining() >= Limits.FRAME_HEADER + message.writer.nextBody();
  }

  private void takeTurn(SessionLane lane) {
    if (!lane.inTurn && lane.canSend()) {
      lane.inTurn = true;
      turn.add(lane);
    }
  }

  private void wakeWriter() {
    if (writerWaits) {
      writerWaits = false;
      something.signal();
    }
  }
}
