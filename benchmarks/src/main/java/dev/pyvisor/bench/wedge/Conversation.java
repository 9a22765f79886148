package dev.pyvisor.bench.wedge;

/** The host's side of talking to the peer, from the first byte to the last. */
interface Conversation {
  /** Returns when it is over; may start threads by the wire. */
  void hold(Wire wire) throws Exception;
}
