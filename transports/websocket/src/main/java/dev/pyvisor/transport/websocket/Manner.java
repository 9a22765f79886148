package dev.pyvisor.transport.websocket;

import java.time.Duration;

/**
 * How a runner is treated: one that this host has started is waited for as long as its process
 * lives; another's end is seen on the link only.
 *
 * <p>Immutable.
 *
 * @param ours whether its process is watched
 * @param takeover whether another host there is to lose its place
 * @param outOfReach how long there may be no connection
 */
record Manner(boolean ours, boolean takeover, Duration outOfReach) {
  static final Manner OF_OUR_OWN = new Manner(true, false, WebsocketLimits.DISCONNECTED);
}
