package dev.pyvisor.transport.websocket;

import dev.pyvisor.wire.RecordReceiver;
import dev.pyvisor.wire.RecordSender;
import java.util.concurrent.TimeUnit;

/**
 * What a link has cost so far, in one line for the log and for a report of what hangs. The names
 * are those of the runner's status, as far as both sides count the same.
 *
 * <p>Immutable: it is read at once, under the lock of the link that makes it.
 *
 * @param stalls how often a writer had to wait, for the runner had not taken over what there was
 * @param roundTrip of the last heartbeat, in nanoseconds
 */
record LinkCounters(
    int cuts,
    int stalls,
    long roundTrip,
    Redial redial,
    RecordSender sender,
    RecordReceiver receiver) {

  String text() {
    return "cuts="
        + cuts
        + " reconnects="
        + redial.reconnects()
        + " outageMs="
        + TimeUnit.NANOSECONDS.toMillis(redial.outage())
        + " receivedBytes="
        + receiver.received()
        + " duplicateRecords="
        + receiver.repeats()
        + " duplicateBytes="
        + receiver.duplicates()
        + " gapRecords="
        + receiver.gaps()
        + " ackedBytes="
        + sender.acked()
        + " unackedBytes="
        + sender.unacked()
        + " inFlightBytes="
        + sender.inFlight()
        + " replayedRecords="
        + sender.replays()
        + " replayedBytes="
        + sender.replayed()
        + " stalls="
        + stalls
        + " rttUs="
        + TimeUnit.NANOSECONDS.toMicros(roundTrip);
  }
}
