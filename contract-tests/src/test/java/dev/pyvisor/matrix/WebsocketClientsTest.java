package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.load.Begun;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many clients, many sessions, and the ends of them, on links that are cut again and again. */
@Limit(seconds = 600, why = "many runners at once")
@ExtendWith({Census.class, HangReport.class})
class WebsocketClientsTest {
  private static final int CALLS = 10;

  private final Tally tally = new Tally();

  @Test
  void many_clients_whose_links_are_all_cut_at_once_again_and_again_all_finish() throws Exception {
    Counts counts = Counts.of(8, 20, 100);
    AtomicInteger bounces = new AtomicInteger();
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    List<SupervisorClient> clients = new ArrayList<>();
    try (ChaosProxy proxy = Proxied.always(Cut.NEVER)) {
      for (int i = 0; i < counts.now(); i++) {
        clients.add(Proxied.by(proxy).tool(tally.tool()).open());
      }
      clock.scheduleWithFixedDelay(
          () -> proxy.sever(bounces.incrementAndGet() % 2 == 0 ? How.FIN : How.RST),
          0,
          200,
          TimeUnit.MILLISECONDS);
      List<CellRun> runs = new ArrayList<>();
      for (int i = 0; i < clients.size(); i++) {
        runs.add(clients.get(i).session().start(Cell.of(callsAndLines(CALLS * i))));
      }
      for (CellRun run : runs) {
        Outcome outcome = run.outcome().get(300, TimeUnit.SECONDS);
        assertThat(outcome.error()).isEmpty();
        assertThat(outcome.stdoutText()).isEqualTo(Proxied.lines(2_000).repeat(CALLS));
      }
      tally.readsOneForEachOf(CALLS * counts.now());
      assertThat(bounces).hasPositiveValue();
      Evidence.record(
          "clients whose links are all cut at once, five times a second",
          List.of("F16"),
          "all finished; %d connections of %d clients in %d bounces"
              .formatted(proxy.connections(), clients.size(), bounces.get()),
          counts);
    } finally {
      clock.shutdownNow();
      clients.forEach(SupervisorClient::close);
    }
  }

  @Test
  void cells_of_two_sessions_at_once_never_mix_on_a_link_that_is_cut() throws Exception {
    try (ChaosProxy proxy =
            new ChaosProxy(n -> new Cut(Cut.Direction.TO_HOST, 100_000 + 17L * n, How.RST));
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      List<Session> sessions = List.of(client.session(), client.openSession("second"));
      int rounds = Counts.of(3, 30, 300).now();
      for (int round = 0; round < rounds; round++) {
        List<CellRun> runs = new ArrayList<>();
        for (int i = 0; i < sessions.size(); i++) {
          int key = 2 * round + i;
          runs.add(
              sessions
                  .get(i)
                  .start(
                      Cell.of(
                          ("for i in range(3_000): print('%s', i)\nmine = '%s'\n"
                                  + "print(len(await tally(%d, 'y' * 90_000)), mine)")
                              .formatted("ab".charAt(i), "ab".charAt(i), key))));
        }
        for (int i = 0; i < sessions.size(); i++) {
          Outcome outcome = runs.get(i).outcome().get(60, TimeUnit.SECONDS);
          char mine = "ab".charAt(i);
          assertThat(outcome.stdoutText().lines())
              .hasSize(3_001)
              .allSatisfy(line -> assertThat(line).containsPattern("^" + mine + " |" + mine + "$"));
        }
      }
      assertThat(proxy.cuts()).isPositive();
    }
  }

  @Test
  void a_session_that_is_closed_during_its_cell_settles_it_on_a_link_that_is_cut()
      throws Exception {
    try (ChaosProxy proxy = Proxied.always(Cut.NEVER);
        SupervisorClient client = Proxied.by(proxy).tool(tally.tool()).open()) {
      int rounds = Counts.of(3, 20, 100).now();
      for (int i = 0; i < rounds; i++) {
        Session session = client.openSession("closed-" + i);
        Begun begun = new Begun();
        CellRun run =
            session.start(
                Cell.of("print('in')\nimport time\nwhile True: time.sleep(0.01)")
                    .noTimeout()
                    .listener(begun));
        begun.await();
        CellRun waits = session.start(Cell.of("print('never')"));
        proxy.sever(How.RST);
        session.close();
        assertThat(run.outcome().get(6, TimeUnit.SECONDS).kind())
            .isIn(OutcomeKind.CANCELLED, OutcomeKind.UNKNOWN);
        assertThat(waits.outcome().get(6, TimeUnit.SECONDS).kind())
            .isEqualTo(OutcomeKind.NEVER_STARTED);
        session.close();
        assertThat(client.session().execute("print('goes on')").stdoutText())
            .isEqualTo("goes on\n");
      }
    }
  }

  @Test
  void a_client_is_closed_twice_and_while_its_link_is_cut() throws Exception {
    try (ChaosProxy proxy = Proxied.always(Cut.NEVER)) {
      SupervisorClient client = Proxied.by(proxy).open();
      CellRun run = client.session().start(Cell.of("import time; time.sleep(60)"));
      proxy.sever(How.RST);
      long began = System.nanoTime();
      client.close();
      client.close();
      assertThat(System.nanoTime() - began).isLessThan(TimeUnit.SECONDS.toNanos(10));
      assertThat(run.outcome().get(1, TimeUnit.SECONDS).kind())
          .isIn(OutcomeKind.UNKNOWN, OutcomeKind.NEVER_STARTED);
    }
  }

  private static String callsAndLines(int firstKey) {
    return """
        for k in range(%d, %d):
            await tally(k, 'y' * 10_000)
            for i in range(2_000): print('line', i, 'é🙂')
        """
        .formatted(firstKey, firstKey + CALLS);
  }
}
