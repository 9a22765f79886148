package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A runner that listens, and commands that attach to it. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 120, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ListenCommandTest {
  private static final String ATTACH = "listening at ";

  @TempDir Path scratch;
  private @Nullable Process listening;
  private BufferedReader said;
  private String url;

  @AfterEach
  void end() throws InterruptedException {
    if (listening != null) {
      listening.destroy();
      assertThat(listening.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void a_runner_is_started_and_ended_where_none_is_named() throws Exception {
    Result result =
        Command.run(
            "exec", "--backend", "websocket", "--launcher", "process", "-c", "print(6 * 7)");
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo("42\n");
    assertThat(result.err()).isEmpty();
  }

  @Test
  void commands_attach_one_after_another_while_the_status_is_read() throws Exception {
    listen();
    assertThat(Files.getPosixFilePermissions(token()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    JsonNode before = status();
    assertThat(before.get("attached").asBoolean()).isFalse();

    Process busy =
        Command.start(
            scratch, attaching("-c", "print('begun', flush=True)\nimport time\ntime.sleep(600)"));
    BufferedReader output =
        new BufferedReader(new InputStreamReader(busy.getInputStream(), StandardCharsets.UTF_8));
    assertThat(output.readLine()).isEqualTo("begun");
    JsonNode during = status();
    assertThat(during.get("attached").asBoolean()).isTrue();
    assertThat(during.get("sessions").size()).isEqualTo(1);
    Result second = Command.run(attaching("-c", "print(1)"));
    assertThat(second.status()).isEqualTo(3);
    assertThat(second.err()).contains("409 already_attached");
    busy.destroy();
    assertThat(busy.waitFor(30, TimeUnit.SECONDS)).isTrue();

    Result after = Command.run(attaching("-c", "print('kept' in globals()); kept = 1"));
    assertThat(after.status()).as(after.err()).isZero();
    assertThat(after.out()).isEqualTo("False\n");
    assertThat(after.err()).isEmpty();
    Result again = Command.run(attaching("-c", "print('kept' in globals())"));
    assertThat(again.out()).as(again.err()).isEqualTo("False\n");
    assertThat(status().get("pid").asLong()).isEqualTo(before.get("pid").asLong());
  }

  @Test
  void what_it_prints_can_be_run_as_it_stands() throws Exception {
    listen();
    String hint = said.readLine();
    assertThat(hint)
        .startsWith("status: ")
        .contains("curl")
        .doesNotContain(Files.readString(token()).strip());
    assertThat(said.readLine())
        .isEqualTo(
            "attach: pyvisor exec --backend websocket --url %s --token-file %s -c 'print(6 * 7)'"
                .formatted(url, token()));
    assertThat(said.readLine()).isEqualTo("Ctrl-C ends it");
  }

  @Test
  void with_a_certificate_it_is_attached_to_over_tls() throws Exception {
    Path cert = scratch.resolve("cert.pem");
    Path key = scratch.resolve("key.pem");
    Process made =
        new ProcessBuilder(
                ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                        + " -subj /CN=runner -addext subjectAltName=IP:127.0.0.1 -keyout "
                        + key
                        + " -out "
                        + cert)
                    .split(" "))
            .redirectErrorStream(true)
            .redirectOutput(scratch.resolve("openssl").toFile())
            .start();
    assertThat(made.waitFor()).isZero();
    Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
    listen("--cert", cert.toString(), "--key", key.toString());
    assertThat(url).startsWith("wss://127.0.0.1:");
    assertThat(said.readLine()).contains("--cacert " + cert + " https://127.0.0.1:");
    assertThat(said.readLine()).contains("--ca-file " + cert);
    Result result = Command.run(attaching("--ca-file", cert.toString(), "-c", "print(6 * 7)"));
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(result.out()).isEqualTo("42\n");
    Result untrusted = Command.run(attaching("-c", "print(6 * 7)"));
    assertThat(untrusted.status()).isEqualTo(3);
    assertThat(untrusted.err()).contains("tls_untrusted");
  }

  @Test
  void whoever_attaches_finds_the_limits_that_it_was_started_with() throws Exception {
    listen("--limit", "cpu-limit=500ms", "--limit", "file-size-limit=1MiB");

    Result result =
        Command.run(
            attaching(
                "-c", "while True: pass", "-c", "print(open('f', 'wb', 0).write(bytes(2 << 20)))"));

    assertThat(result.out()).contains("1048576");
    assertThat(result.err()).contains("used up its 0.5 s of processor time");
  }

  @Test
  void a_limit_that_is_none_is_refused_and_nothing_listens() {
    for (String bad :
        List.of("memory=1GiB", "memory-limit", "memory-limit=1", "process-limit=many")) {
      Result result =
          Command.refused("runner", "listen", "--token-file", scratch + "/t", "--limit", bad);
      assertThat(result.status()).isEqualTo(2);
      assertThat(result.err()).contains("--limit");
    }
  }

  @Test
  void a_signal_ends_it_with_its_runner_and_leaves_nothing() throws Exception {
    listen();
    long runner = status().get("pid").asLong();
    // Not SIGINT: where the build is a shell's background job, that is ignored from the start.
    new ProcessBuilder("kill", "-TERM", Long.toString(listening.pid())).start().waitFor();
    assertThat(listening.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(listening.exitValue()).isEqualTo(143);
    assertThat(ProcessHandle.of(runner).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void killed_it_takes_its_runner_along() throws Exception {
    listen();
    ProcessHandle runner = ProcessHandle.of(status().get("pid").asLong()).orElseThrow();
    listening.toHandle().destroyForcibly();
    runner.onExit().get(30, TimeUnit.SECONDS);
  }

  @Test
  void without_a_host_it_ends_by_itself() throws Exception {
    listen("--detach-ttl", "50ms");
    Result result = Command.run(attaching("-c", "print(1)"));
    assertThat(result.status()).as(result.err()).isZero();
    assertThat(listening.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(listening.exitValue()).isZero();
    Result late = Command.run(attaching("-c", "print(1)"));
    assertThat(late.status()).isEqualTo(3);
    assertThat(late.err()).contains("nothing listens at");
  }

  @Test
  void a_wrong_token_and_a_wrong_path_make_the_status_3() throws Exception {
    listen();
    Path other = Files.writeString(scratch.resolve("other"), "0123456789".repeat(4));
    Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rw-------"));
    Result token = Command.run("exec", "--url", url, "--token-file", other.toString(), "-c", "1");
    assertThat(token.status()).isEqualTo(3);
    assertThat(token.err()).contains("401").doesNotContain("0123456789");
    Result path =
        Command.run(
            "exec", "--url", url + "s", "--token-file", token().toString(), "-c", "print(1)");
    assertThat(path.status()).isEqualTo(3);
    assertThat(path.err()).contains("404").contains("/v1/link");
  }

  @Test
  void what_cannot_be_is_refused_by_name_and_nothing_listens() throws Exception {
    Result python =
        Command.run("runner", "listen", "--token-file", token().toString(), "--python", "/no/such");
    assertThat(python.status()).isEqualTo(3);
    assertThat(python.err()).contains("/no/such");
    Result address =
        Command.run(
            "runner", "listen", "--token-file", token().toString(), "--address", "0.0.0.0:0");
    assertThat(address.status()).isEqualTo(2);
    assertThat(address.err()).contains("use 127.0.0.1").contains("--cert and --key");
    Result time =
        Command.run(
            "runner", "listen", "--token-file", token().toString(), "--detach-ttl", "2 days");
    assertThat(time.status()).isEqualTo(2);
    assertThat(time.err()).contains("15m");
    Files.setPosixFilePermissions(token(), PosixFilePermissions.fromString("rw-r--r--"));
    Result open = Command.run("runner", "listen", "--token-file", token().toString());
    assertThat(open.status()).isEqualTo(2);
    assertThat(open.err()).contains("chmod 600 " + token());
    assertThat(Command.run("runner", "listen").err()).contains("--token-file");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--url=ws://127.0.0.1:1 | needs --token-file",
        "--token-file=f | --token-file is for --url",
        "--ca-file=f | --ca-file is for --url wss://",
        "--pin=x | --pin is for --url wss://",
        "--url=ws://127.0.0.1:1 --token-file=f --backend=pipe | leave one out",
        "--url=ws://127.0.0.1:1 --token-file=f --python=p | --python cannot be chosen",
        "--url=ws://127.0.0.1:1 --token-file=f --env=A=b | --env cannot be chosen",
      })
  void what_does_not_go_with_a_url_is_refused_with_the_fix(String row) {
    String[] halves = row.split(" \\| ");
    List<String> line = new ArrayList<>(List.of("exec", "-c", "print(1)"));
    line.addAll(List.of(halves[0].split(" ")));
    Result result = Command.refused(line.toArray(String[]::new));
    assertThat(result.status()).isEqualTo(2);
    assertThat(result.err()).contains(halves[1]);
  }

  private Path token() {
    return scratch.resolve("token");
  }

  private void listen(String... options) throws IOException {
    List<String> line = new ArrayList<>();
    line.addAll(List.of("runner", "listen", "--token-file", token().toString()));
    line.addAll(List.of(options));
    listening = Command.start(scratch, line.toArray(String[]::new));
    said =
        new BufferedReader(
            new InputStreamReader(listening.getInputStream(), StandardCharsets.UTF_8));
    String first = said.readLine();
    assertThat(first).startsWith(ATTACH);
    url = first.substring(ATTACH.length());
  }

  private String[] attaching(String... more) {
    List<String> line = new ArrayList<>();
    line.addAll(List.of("exec", "--backend", "websocket", "--url", url));
    line.addAll(List.of("--token-file", token().toString()));
    line.addAll(List.of(more));
    return line.toArray(String[]::new);
  }

  /** As curl would ask for it. */
  private JsonNode status() throws IOException, InterruptedException {
    URI probe = URI.create(url.replace("ws://", "http://").replace("/v1/link", "/v1/status"));
    HttpRequest request =
        HttpRequest.newBuilder(probe)
            .header("Authorization", "Bearer " + Files.readString(token()).strip())
            .build();
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JsonMapper.shared().readTree(answer.body());
  }
}
