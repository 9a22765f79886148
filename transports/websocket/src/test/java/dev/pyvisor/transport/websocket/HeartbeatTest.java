package dev.pyvisor.transport.websocket;

import static dev.pyvisor.transport.websocket.Heartbeat.Act.DEAD;
import static dev.pyvisor.transport.websocket.Heartbeat.Act.PING;
import static dev.pyvisor.transport.websocket.Heartbeat.Act.WAIT;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HeartbeatTest {
  private static final long SECOND = 1_000_000_000;

  private final Heartbeat heartbeat = new Heartbeat();

  @BeforeEach
  void begin() {
    heartbeat.heard(0);
  }

  @Test
  void silence_is_asked_about_after_5_s_and_is_death_after_15() {
    assertThat(heartbeat.look(5 * SECOND - 1)).isEqualTo(WAIT);
    assertThat(heartbeat.look(5 * SECOND)).isEqualTo(PING);
    assertThat(heartbeat.look(15 * SECOND - 1)).isEqualTo(WAIT);
    assertThat(heartbeat.look(15 * SECOND)).isEqualTo(DEAD);
  }

  @Test
  void whatever_is_heard_begins_anew() {
    heartbeat.look(5 * SECOND);
    heartbeat.heard(14 * SECOND);
    assertThat(heartbeat.look(15 * SECOND)).isEqualTo(WAIT);
    assertThat(heartbeat.look(19 * SECOND)).isEqualTo(PING);
  }

  @Test
  void a_host_that_was_itself_stopped_asks_once_more_and_waits_5_s() {
    heartbeat.look(5 * SECOND);
    assertThat(heartbeat.look(60 * SECOND)).isEqualTo(PING);
    assertThat(heartbeat.look(65 * SECOND - 1)).isEqualTo(WAIT);
    assertThat(heartbeat.look(65 * SECOND)).isEqualTo(DEAD);
  }

  @Test
  void it_is_spared_once_and_not_for_ever() {
    heartbeat.look(5 * SECOND);
    heartbeat.look(60 * SECOND);
    assertThat(heartbeat.look(120 * SECOND)).isEqualTo(DEAD);
  }
}
