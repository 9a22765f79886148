package dev.pyvisor.transport.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.Retry;
import dev.pyvisor.error.Tombstone;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class AnswerTest {
  private static final List<Integer> RETRIED = List.of(408, 429);

  private static Answer http(String text) {
    return Answer.http(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 409, 410, 413, 422, 426})
  void what_trying_again_does_not_change_ends_the_link_wherever_it_is_said(int status) {
    assertThat(http("HTTP/1.1 " + status + " No\r\n\r\n").ends()).isTrue();
    assertThat(Answer.closed(4_000 + status, "no").orElseThrow().ends()).isTrue();
    Answer said = Answer.said(JsonMapper.shared().createObjectNode().put("status", status));
    assertThat(said.ends()).isTrue();
    assertThat(said.text()).contains(String.valueOf(status));
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void what_may_pass_is_tried_again_wherever_it_is_said(int status) {
    assertThat(http("HTTP/1.1 " + status + " No\r\n\r\n").ends()).isFalse();
    assertThat(Answer.closed(4_000 + status, "no").orElseThrow().ends()).isFalse();
    assertThat(Answer.said(JsonMapper.shared().createObjectNode().put("status", status)).ends())
        .isFalse();
  }

  @Test
  void an_unknown_status_counts_as_the_first_of_its_hundred() {
    for (int status = 100; status < 600; status++) {
      boolean retried = status >= 500 || RETRIED.contains(status);
      assertThat(new Answer(status, "", "", Optional.empty()).ends())
          .as("%s", status)
          .isEqualTo(!retried);
    }
  }

  @Test
  void a_record_that_no_link_survives_ends_it_although_its_status_may_pass() {
    assertThat(new Answer(502, "transport_poison", "", Optional.empty()).ends()).isTrue();
  }

  @Test
  void the_code_the_text_and_the_time_to_wait_are_read() {
    Answer answer =
        http(
            "HTTP/1.1 429 Too Many Requests\r\nRETRY-AFTER: 7\r\n\r\n"
                + "{\"error\":{\"code\":\"resource_exhausted\",\"message\":\"later\"}}");
    assertThat(answer)
        .isEqualTo(
            new Answer(429, "resource_exhausted", "later", Optional.of(Duration.ofSeconds(7))));
  }

  @Test
  void the_codes_of_the_link_end_it_or_not_as_the_error_table_says() {
    for (ErrorCode code : EnumSet.range(ErrorCode.UNAUTHENTICATED, ErrorCode.TRANSPORT_POISON)) {
      Answer answer = new Answer(code.status(), code.wireName(), "", Optional.empty());
      assertThat(answer.known()).isEqualTo(code);
      assertThat(answer.ends()).as(code.wireName()).isEqualTo(code.retry() == Retry.NEVER);
    }
    for (ErrorCode code : List.of(ErrorCode.DRAINING, ErrorCode.RESOURCE_EXHAUSTED)) {
      assertThat(new Answer(code.status(), code.wireName(), "", Optional.empty()).ends()).isFalse();
    }
    for (int status : List.of(400, 401, 403, 404, 409, 410, 413, 422, 426)) {
      assertThat(new Answer(status, "close_4000", "", Optional.empty()).known().status())
          .isEqualTo(status);
    }
  }

  @Test
  void a_tombstone_is_read_as_far_as_it_has_its_form_and_its_size() {
    ObjectNode said =
        JsonMapper.shared()
            .createObjectNode()
            .put("status", 410)
            .put("code", "session_expired")
            .put("message", "too late");
    assertThat(Answer.said(said).tombstone()).isEmpty();
    ObjectNode tombstone = said.putObject("tombstone").put("exitStatus", 3).put("reason", "\nwhy");
    ObjectNode totals = tombstone.putObject("totals").put("cells", 7).put("word", "no number");
    Answer answer = Answer.said(said);
    assertThat(answer.tombstone()).contains(new Tombstone(3, " why", Map.of("cells", 7L)));
    assertThat(answer.ends()).isTrue();
    assertThat(answer.text()).contains("too late", " why, exit status 3, {cells=7}");
    for (int i = 0; i < 1_000; i++) {
      totals.put("t" + i, i);
    }
    assertThat(Answer.said(said).tombstone().orElseThrow().totals()).hasSize(32);
  }

  @Test
  void a_yes_and_half_a_head_are_no_refusal() {
    for (String text : List.of("HTTP/1.1 101 Yes\r\n\r\n", "HTTP/1.1 401 No\r\n", "x\r\n\r\n")) {
      assertThat(Answer.http(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)))).isEmpty();
    }
    assertThat(Answer.closed(1006, "")).isEmpty();
    assertThat(Answer.closed(4000, "")).isEmpty();
  }
}
