package dev.pyvisor.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Defaults;
import dev.pyvisor.testing.Rule;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits for the disk is bounded, and what there was no room for is told. */
class LogQueueTest {
  private final LogQueue queue = new LogQueue();

  private void offer(String text) {
    Facts facts = new Facts();
    facts.putEnd("text", text);
    queue.offer(Instant.EPOCH, LogEvent.CELL_END, facts);
  }

  @Test
  @Rule("C134")
  void more_events_than_may_wait_are_counted_and_the_next_line_says_so() throws Exception {
    for (int event = 0; event < Defaults.LOG_LINES + 3; event++) {
      offer("");
    }
    List<LogLine> lines = queue.take();
    assertThat(lines).hasSize(Defaults.LOG_LINES).allMatch(line -> line.dropped() == 0);
    offer("");
    offer("");
    assertThat(queue.take()).extracting(LogLine::dropped).containsExactly(3L, 0L);
  }

  @Test
  @Rule("C134")
  void so_are_larger_ones_but_one_that_is_alone_is_always_taken() throws Exception {
    String large = "x".repeat((int) Defaults.LOG_QUEUED);
    offer(large);
    offer("y");
    assertThat(queue.take()).hasSize(1);
    offer("z");
    assertThat(queue.take()).extracting(LogLine::dropped).containsExactly(1L);
  }

  @Test
  @Rule("C134")
  void there_is_room_for_the_last_line_and_none_behind_it() throws Exception {
    for (int event = 0; event < Defaults.LOG_LINES + 3; event++) {
      offer("");
    }
    queue.close(Instant.EPOCH, LogEvent.CLIENT_CLOSED, new Facts());
    offer("late");
    List<LogLine> lines = queue.take();
    assertThat(lines).hasSize(Defaults.LOG_LINES + 1);
    assertThat(lines.get(Defaults.LOG_LINES).event()).isEqualTo(LogEvent.CLIENT_CLOSED);
    assertThat(lines.get(Defaults.LOG_LINES).dropped()).isEqualTo(3);
    assertThat(queue.take()).isEmpty();
  }

  @Test
  @Rule("C134")
  void one_that_is_given_up_keeps_nothing() throws Exception {
    offer("x");
    queue.giveUp();
    offer("y");
    assertThat(queue.isClosed()).isTrue();
    assertThat(queue.take()).isEmpty();
  }
}
