package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.outcome.Display;
import dev.pyvisor.testing.Rule;
import dev.pyvisor.wire.FrameKind;
import dev.pyvisor.wire.Limits;
import dev.pyvisor.wire.Message;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a kernel says that a cell displays; user code can say it, too. */
class DisplaysTest {
  private static Message said(String params, byte[]... attachments) {
    String envelope = "{\"jsonrpc\":\"2.0\",\"method\":\"cell.display\",\"params\":" + params + "}";
    return new Message(
        FrameKind.RELAY,
        0,
        1,
        1,
        3,
        9,
        envelope.getBytes(StandardCharsets.UTF_8),
        List.of(attachments));
  }

  private static Message text(String text) {
    return said("{\"data\":{\"text/plain\":\"" + text + "\"}}");
  }

  @Test
  @Rule("LIF-21")
  void what_is_none_is_left_out_and_costs_nothing_else() {
    Displays displays = new Displays();
    for (String odd : List.of("{}", "7", "[]", "{\"text/plain\":\"x\"}")) {
      assertThat(displays.add(said(odd))).as(odd).isEmpty();
    }
    assertThat(displays.add(text("good"))).map(Display::text).contains("good");
    assertThat(displays.kept()).extracting(Display::text).containsExactly("good");
  }

  @Test
  @Rule("LIF-21")
  void forms_that_are_no_object_are_no_forms() {
    Displays displays = new Displays();
    for (String odd : List.of("null", "7", "\"x\"", "[1]", "{\"text/plain\":7}")) {
      Display display = displays.add(said("{\"data\":" + odd + "}")).orElseThrow();
      assertThat(display.text()).as(odd).isEmpty();
      assertThat(display.bytes("text/plain")).as(odd).isEmpty();
    }
  }

  @Test
  @Rule("LIF-21")
  void a_flood_is_held_to_the_bounds_before_anything_is_kept() {
    Displays displays = new Displays();
    for (int n = 0; n < Limits.DISPLAYS; n++) {
      assertThat(displays.admits(text("x"))).isTrue();
    }
    assertThat(displays.admits(text("x"))).isFalse();
    Displays large = new Displays();
    byte[] half = new byte[Limits.DISPLAY_BYTES / 2];
    assertThat(large.admits(said("{}", half))).isTrue();
    assertThat(large.admits(said("{}", half))).as("the envelopes count, too").isFalse();
    assertThat(large.admits(text("small"))).isTrue();
  }
}
