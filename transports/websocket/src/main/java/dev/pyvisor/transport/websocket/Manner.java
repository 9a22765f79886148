package dev.pyvisor.transport.websocket;

import java.net.Proxy;
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

  /** One that this host has started: without a proxy there is no network between the two. */
  static Manner ofOurOwn(Proxy proxy) {
    return new Manner(
        true,
        false,
        proxy.type() == Proxy.Type.DIRECT
            ? WebsocketLimits.UNREACHABLE_HERE
            : WebsocketLimits.DISCONNECTED);
  }
}
