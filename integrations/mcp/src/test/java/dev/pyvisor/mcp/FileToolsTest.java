package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Files through a client's calls. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@ExtendWith({Census.class, HangReport.class})
@Limit(
    seconds = 120,
    why = "a server is a JVM and a Python of its own, and a client may be a third program")
class FileToolsTest {

  @Test
  void what_is_put_is_listed_read_by_code_and_got() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(1, "put_file", "{\"path\": \"in/a.txt\", \"text\": \"gr\\u00fc\\u00dfe\"}");
      assertThat(client.text(1)).isEqualTo("7 bytes are in in/a.txt");
      client.call(2, "list_files", "{}");
      assertThat(client.text(2)).isEqualTo("7\tin/a.txt");
      client.execute(3, "open('in/a.txt', encoding='utf-8').read()");
      assertThat(client.text(3)).startsWith("[value] 'grüße'\n");
      client.call(4, "get_file", "{\"path\": \"in/a.txt\"}");
      assertThat(client.text(4)).isEqualTo("grüße");
    }
  }

  @Test
  void bytes_and_images_come_as_what_they_are() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(1, "put_file", "{\"path\": \"b.bin\", \"base64\": \"/wA=\"}");
      client.text(1);
      client.call(2, "get_file", "{\"path\": \"b.bin\"}");
      assertThat(content(client, 2, 0)).containsEntry("type", "resource");
      assertThat(String.valueOf(content(client, 2, 0))).contains("blob=/wA=", "workspace:/b.bin");
      client.call(3, "get_file", "{\"path\": \"b.bin\", \"as\": \"text\"}");
      assertThat(client.text(3)).contains("b.bin is not text");
      client.call(4, "put_file", "{\"path\": \"p.png\", \"base64\": \"iVBORw0KGgo=\"}");
      client.text(4);
      client.call(5, "get_file", "{\"path\": \"p.png\"}");
      assertThat(content(client, 5, 0))
          .containsEntry("type", "image")
          .containsEntry("mimeType", "image/png")
          .containsEntry("data", "iVBORw0KGgo=");
    }
  }

  @Test
  void a_long_file_is_got_in_parts_that_cut_no_character() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "open('long.txt', 'w', encoding='utf-8').write('a' + 'ü' * 200_000)");
      client.text(1);
      StringBuilder all = new StringBuilder();
      String offset = "0";
      for (int id = 2; offset != null; id++) {
        client.call(id, "get_file", "{\"path\": \"long.txt\", \"offset\": " + offset + "}");
        all.append(content(client, id, 0).get("text"));
        List<?> contents = contents(client, id);
        offset =
            contents.size() == 1
                ? null
                : String.valueOf(((Map<?, ?>) contents.get(1)).get("text"))
                    .replaceAll(".*offset (\\d+)]", "$1");
      }
      assertThat(all.toString()).isEqualTo("a" + "ü".repeat(200_000));
    }
  }

  @Test
  void what_cannot_be_put_or_got_is_told_with_the_reason() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.call(1, "get_file", "{\"path\": \"none.txt\"}");
      assertThat(client.text(1)).contains("none.txt", "file_not_found");
      assertThat(RawClient.at(client.answer(1), "result", "isError")).isEqualTo(true);
      client.call(2, "get_file", "{\"path\": \"../etc/passwd\"}");
      assertThat(client.text(2)).contains("invalid_argument");
      client.call(3, "put_file", "{\"path\": \"a\"}");
      assertThat(client.text(3)).contains("as text or as base64");
      client.call(4, "put_file", "{\"path\": \"a\", \"text\": \"1\"}");
      client.text(4);
      client.call(5, "put_file", "{\"path\": \"a\", \"text\": \"2\", \"replace\": false}");
      assertThat(client.text(5)).contains("file_exists");
      client.call(6, "get_file", "{\"path\": \"a\", \"offset\": 9}");
      assertThat(client.text(6)).contains("a has 1 bytes", "offset is 9");
    }
  }

  @Test
  void a_file_that_is_too_long_to_be_copied_is_refused_before_it_is() throws Exception {
    try (RawClient client = RawClient.initialized()) {
      client.execute(1, "open('huge', 'wb').truncate(" + (McpLimits.GET_WHOLE_BYTES + 1) + ")");
      client.text(1);
      client.call(2, "get_file", "{\"path\": \"huge\"}");
      assertThat(client.text(2)).contains("huge has 67108865 bytes", "67108864 is the most");
    }
  }

  private static List<?> contents(RawClient client, int id) throws InterruptedException {
    Object contents = RawClient.at(client.answer(id), "result", "content");
    assertThat(contents).as(String.valueOf(client.answer(id))).isInstanceOf(List.class);
    return (List<?>) contents;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> content(RawClient client, int id, int index)
      throws InterruptedException {
    return (Map<String, Object>) contents(client, id).get(index);
  }
}
