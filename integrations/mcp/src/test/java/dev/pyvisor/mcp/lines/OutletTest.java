package dev.pyvisor.mcp.lines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.mcp.McpLimits;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/** What waits for a client. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class OutletTest {
  private static final byte[] ONE_MEBIBYTE = new byte[1 << 20];

  @Test
  void what_is_put_in_leaves_in_order_and_the_end_comes_last() throws IOException {
    Outlet outlet = new Outlet();
    outlet.add(new byte[] {1});
    outlet.offer(new byte[] {2});
    outlet.add(new byte[] {3});
    outlet.end();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    outlet.drain(out);
    assertThat(out.toByteArray()).containsExactly(1, 2, 3);
    assertThat(outlet.add(new byte[] {4})).isFalse();
  }

  @Test
  void a_client_that_is_slow_misses_progress_and_no_answer() throws IOException {
    Outlet outlet = new Outlet();
    outlet.add(ONE_MEBIBYTE);
    outlet.offer(new byte[] {2});
    assertThat(outlet.add(new byte[] {3})).isTrue();
    outlet.end();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    outlet.drain(out);
    assertThat(out.size()).isEqualTo((1 << 20) + 1);
  }

  @Test
  void a_client_that_takes_nothing_is_given_up() {
    Outlet outlet = new Outlet();
    for (long bytes = 0; bytes < McpLimits.WAITING_BYTES; bytes += ONE_MEBIBYTE.length) {
      assertThat(outlet.add(ONE_MEBIBYTE)).isTrue();
    }
    assertThat(outlet.add(ONE_MEBIBYTE)).isFalse();
    assertThatThrownBy(() -> outlet.drain(new ByteArrayOutputStream()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("67108864 bytes wait");
  }
}
