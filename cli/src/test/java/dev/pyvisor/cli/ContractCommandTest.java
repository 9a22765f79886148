package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Wrappers;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code pyvisor contract} runs the suite without a build; a few contracts stand for all here. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ContractCommandTest {
  @TempDir Path scratch;

  @Test
  void what_a_backend_shows_is_printed_and_written_as_a_page() throws Exception {
    Path page = scratch.resolve("matrix.html");
    Result result =
        Command.run("contract", "--only", "ThePath,Transports", "--html", page.toString());
    assertThat(result.status()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).startsWith("A  pipe, Python 3.").containsPattern("\nB1 +1\n");
    assertThat(result.out()).containsPattern("pipe, Python 3\\.\\d+: 1\\d passed\n");
    assertThat(Files.readString(page)).contains("the runner was reached over the backend");
  }

  @Test
  void a_backend_is_named_and_states_itself() throws Exception {
    Result result = Command.run("contract", "--backend", "websocket", "--only", "ThePath");
    assertThat(result.status()).as(result.out() + result.err()).isZero();
    assertThat(result.out()).startsWith("A  websocket, Python 3.").containsPattern("\nB1 +1\n");
    assertThat(result.err()).doesNotContain("states nothing of itself");
  }

  @Test
  void as_json_nothing_else_is_on_standard_output() throws Exception {
    Result result = Command.run("contract", "--only", "Peers.Idle", "--json");
    assertThat(result.status()).as(result.err()).isZero();
    JsonNode matrix = JsonMapper.shared().readTree(result.out());
    assertThat(matrix.get("rules").has("FRM-3")).isTrue();
    assertThat(matrix.get("results").size()).isGreaterThan(10);
    assertThat(matrix.get("results").get(0).get("verdict").asString()).isEqualTo("passed");
  }

  @Test
  void what_our_own_small_build_leaves_out_is_not_left_out() throws Exception {
    String only = "LargeMessages.IdleWithTinyPipes.large_requests_one_after_another";
    Result result = Command.run("contract", "--only", only, "--json");
    assertThat(result.status()).as(result.err()).isZero();
    JsonNode results = JsonMapper.shared().readTree(result.out()).get("results");
    assertThat(results.size()).isEqualTo(1);
    assertThat(results.get(0).get("verdict").asString()).isEqualTo("passed");
  }

  /** It calls itself another version than it is. */
  @Test
  void a_contract_that_is_broken_is_told_and_makes_the_status_1() throws Exception {
    Path liar =
        Wrappers.shell(
            scratch,
            "liar",
            "[ \"$1\" = -c ] && echo 3.99 $0 && exit\nexec " + Command.python() + " \"$@\"");
    Result result = Command.run("contract", "--only", "ThePath", "--python", liar.toString());
    assertThat(result.status()).as(result.err()).isEqualTo(1);
    assertThat(result.out()).contains("pipe, Python 3.99: 1 failed").contains("FAILED ThePath.");
    assertThat(result.err()).contains("FAILED ThePath.the_runner_was_reached_over");
  }

  @Test
  void what_it_cannot_take_is_named_and_makes_the_status_2() throws Exception {
    Result contract = Command.run("contract", "--only", "NoSuchContract");
    assertThat(contract.status()).isEqualTo(2);
    assertThat(contract.err()).contains("NoSuchContract").contains("ThePath");
    Result python = Command.run("contract", "--python", scratch.resolve("none").toString());
    assertThat(python.status()).isEqualTo(2);
    assertThat(python.err()).contains("does not answer like a Python");
  }

  @Test
  void a_document_is_read_and_an_assignment_wins_over_it() throws Exception {
    Path document = scratch.resolve("settings.json");
    Files.writeString(document, "{\"python\": \"/no/such/python\"}");
    Result named = Command.run("contract", "--only", "ThePath", "--config", document.toString());
    assertThat(named.status()).as(named.err()).isEqualTo(2);
    assertThat(named.err()).contains("/no/such/python");
    Result mended =
        Command.run(
            "contract",
            "--only",
            "ThePath",
            "--config",
            document.toString(),
            "--set",
            "python=" + Command.python());
    assertThat(mended.status()).as(mended.err()).isZero();
    assertThat(mended.out()).startsWith("A  pipe, Python 3.");
  }

  @Test
  void a_backend_that_there_is_not_is_named_with_those_that_there_are() throws Exception {
    Result result = Command.run("contract", "--backend", "telepathy");
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains("'telepathy' is unknown; usable: pipe");
  }

  /** It answers like a Python, but does not become a runner. */
  @Test
  void a_runner_that_cannot_be_started_makes_the_status_3() throws Exception {
    Path broken =
        Wrappers.shell(
            scratch,
            "broken",
            "[ \"$1\" = -c ] && echo 3.11 $0 && exit\necho out of order >&2; exit 7");
    Result result = Command.run("contract", "--only", "ThePath", "--python", broken.toString());
    assertThat(result.status()).as(result.err()).isEqualTo(3);
    assertThat(result.err()).contains("out of order");
  }
}
