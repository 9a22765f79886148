package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.LinkMessage;
import dev.pyvisor.contract.chaos.LinkMessage.Kind;
import dev.pyvisor.contract.chaos.Messages;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import tools.jackson.databind.JsonNode;

/** What host, runner and proxy have counted of one link is the same. */
@Limit(seconds = 120, why = "many cuts")
@ExtendWith({Census.class, HangReport.class})
class WebsocketCountersTest {
  private static final Pattern COUNT = Pattern.compile("(\\w+)=(\\d+)");
  private static final List<String> BEATS = List.of("PING", "PONG", "status", "status.result");
  private static final int WRONG_TOKENS = 3;

  private final Aim aim = new Aim();
  private final Map<Direction, Stream> streams = new EnumMap<>(Direction.class);

  /**
   * What the proxy has seen of the records of one direction.
   *
   * <p>Guarded by the test.
   */
  private static final class Stream {
    private long end;
    private long replayed;
    private long replays;
    private long beatBytes; // of records with a heartbeat
    private long beats;

    void see(long from, long to, boolean beat) {
      if (beat) {
        beats++;
        beatBytes += to - from;
      }
      if (from < end) {
        replays++;
        replayed += Math.min(end, to) - from;
      }
      end = Math.max(end, to);
    }
  }

  @Test
  void after_known_cuts_the_counters_of_host_runner_and_proxy_agree() throws Exception {
    Counts cuts = Counts.of(12, 40, 1000);
    try (ChaosProxy proxy =
            Proxied.always(
                new Messages(
                    message -> {
                      see(message);
                      return aim.apply(message);
                    }));
        SupervisorClient client = Proxied.by(proxy).open()) {
      client.session().execute("n = 0");
      for (int cut = 0; cut < cuts.now(); cut++) {
        // The last thing that its side says before it waits: nothing else is on its way.
        String last = cut % 2 == 0 ? "execute.result" : "execute";
        aim.at(message -> message.carries(last), message -> Fate.cutBefore(How.FIN));
        assertThat(client.session().execute("n += 1").ok()).isTrue();
        assertThat(aim.hits()).isEqualTo(1);
      }
      assertThat(client.session().get("n").as(Integer.class)).isEqualTo(cuts.now());
      Probe probe = Probe.of(client, proxy.target());
      for (int wrong = 0; wrong < WRONG_TOKENS; wrong++) {
        assertThat(probedWithAWrongToken(proxy)).isEqualTo(401);
      }
      Awaitility.await() // what is owed is acknowledged within 50 ms
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertAgree(client, probe, proxy, cuts.now()));
      Evidence.record(
          "the counters of host, runner and proxy after known cuts",
          List.of("R44"),
          cuts.now() + " cuts, every equality holds",
          cuts);
    }
  }

  private void assertAgree(SupervisorClient client, Probe probe, ChaosProxy proxy, int cuts) {
    Map<String, Long> host = counted(client);
    JsonNode status = probe.status();
    JsonNode runner = status.path("link");
    assertThat(proxy.cuts()).isEqualTo(cuts);
    for (String name : List.of("cuts", "reconnects")) {
      assertThat(host).as(name).containsEntry(name, (long) cuts);
      assertThat(runner.path(name).asInt()).as(name).isEqualTo(cuts);
    }
    assertThat(proxy.connections()).isEqualTo(cuts + 1);
    assertThat(status.path("attaches").asInt()).isEqualTo(cuts + 1);
    // The bytes of each direction: what one end has, the other knows that it has.
    assertThat(host).containsEntry("receivedBytes", status.path("ackedBytes").asLong());
    assertThat(host).containsEntry("ackedBytes", status.path("receivedBytes").asLong());
    assertThat(host).containsEntry("unackedBytes", 0L);
    assertThat(status.path("unackedBytes").asLong()).isZero();
    synchronized (this) {
      Stream toHost = streams.get(Direction.TO_HOST);
      Stream toRunner = streams.get(Direction.TO_RUNNER);
      assertThat(host).containsEntry("receivedBytes", toHost.end);
      assertThat(host).containsEntry("ackedBytes", toRunner.end);
      // What was sent again, as its sender and the proxy have counted it. The proxy cannot see what
      // lay on the wire when it cut, and only a heartbeat can: no other thread says anything.
      assertThat(runner.path("replayedBytes").asLong() - toHost.replayed)
          .isBetween(0L, toHost.beatBytes);
      assertThat(runner.path("replayedRecords").asLong() - toHost.replays)
          .isBetween(0L, toHost.beats);
      assertThat(host.get("replayedBytes") - toRunner.replayed).isBetween(0L, toRunner.beatBytes);
      assertThat(host.get("replayedRecords") - toRunner.replays).isBetween(0L, toRunner.beats);
      assertThat(toHost.replayed).isPositive();
      assertThat(toRunner.replayed).isPositive();
    }
    // None of it had come before: the attach says how far each side got.
    for (String name : List.of("duplicateRecords", "duplicateBytes", "gapRecords")) {
      assertThat(host).as(name).containsEntry(name, 0L);
      assertThat(runner.path(name).asInt(-1)).as(name).isZero();
    }
    assertThat(runner.path("authFailures").asInt()).isEqualTo(WRONG_TOKENS);
    assertThat(status.path("lostCells").asInt(-1)).isZero();
  }

  private synchronized void see(LinkMessage message) {
    if (message.kind() == Kind.RECORD) {
      streams
          .computeIfAbsent(message.direction(), direction -> new Stream())
          .see(message.offset(), message.end(), BEATS.stream().anyMatch(message::carries));
    }
  }

  /** The host's line of the link, as it stands in its log and its reports. */
  private static Map<String, Long> counted(SupervisorClient client) {
    String line =
        client.evidence().stream()
            .filter(fact -> fact.startsWith("link attached="))
            .findFirst()
            .orElseThrow();
    Map<String, Long> counts = new TreeMap<>();
    Matcher count = COUNT.matcher(line);
    while (count.find()) {
      counts.put(count.group(1), Long.parseLong(count.group(2)));
    }
    return counts;
  }

  private static int probedWithAWrongToken(ChaosProxy proxy) throws Exception {
    URI status = URI.create("http://127.0.0.1:" + proxy.target().getPort() + "/v1/status");
    HttpRequest request =
        HttpRequest.newBuilder(status).header("Authorization", "Bearer " + "w".repeat(43)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.discarding()).statusCode();
  }
}
