package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Proxy;
import org.junit.jupiter.api.Test;

class MannerTest {
  @Test
  void a_runner_of_our_own_is_given_up_soon_unless_a_network_may_be_away() {
    Proxy tunnel = new Proxy(Proxy.Type.SOCKS, new InetSocketAddress("127.0.0.1", 1080));
    assertThat(Manner.ofOurOwn(Proxy.NO_PROXY).outOfReach())
        .isEqualTo(WebsocketLimits.UNREACHABLE_HERE)
        .isLessThan(WebsocketLimits.DISCONNECTED);
    assertThat(Manner.ofOurOwn(tunnel).outOfReach()).isEqualTo(WebsocketLimits.DISCONNECTED);
  }
}
