package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.CellRun;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.Counts;
import dev.pyvisor.contract.Evidence;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.chaos.Fate;
import dev.pyvisor.contract.chaos.LinkMessage;
import dev.pyvisor.contract.chaos.LinkMessage.Kind;
import dev.pyvisor.contract.chaos.Messages;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.contract.load.Latencies;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Much output over a link that is cut again and again, to a listener that stands still at times, in
 * a JVM that has 64 MiB of heap for all that it does.
 */
@Tag("small-heap")
@Limit(seconds = 1800, why = "a gibibyte where everything is run")
@ExtendWith({Census.class, HangReport.class})
class WebsocketVolumeTest {
  private static final int MIB = 1024 * 1024;

  @Test
  void much_output_to_a_listener_that_stands_still_costs_the_runner_and_the_host_little_memory()
      throws Exception {
    // The collector may count a little more than was asked for, never twice of it.
    assertThat(Runtime.getRuntime().maxMemory()).as("-Xmx64m").isLessThan(80L * MIB);
    Counts mebibytes = Counts.of(64, 256, 1024);
    try (ChaosProxy proxy =
            new ChaosProxy(n -> new Cut(Direction.TO_HOST, 300_000 + n * 7_919L % MIB, how(n)));
        SupervisorClient client = Proxied.by(proxy).open()) {
      client.session().execute("import hashlib");
      long before = Processes.residentKib(client.runner().pid());
      Reader reader = new Reader(client.runner().pid(), mebibytes.now());
      CellRun run =
          client
              .session()
              .start(
                  Cell.of(
                          """
                          sha = hashlib.sha256()
                          for i in range(%d):
                              line = b'%%07d' %% i + b'p' * 1016 + b'\\n'
                              sha.update(line)
                              print(line.decode(), end='')
                          """
                              .formatted(mebibytes.now() * 1024))
                      .noTimeout()
                      .listener(reader));
      Outcome outcome = run.outcome().get(1500, TimeUnit.SECONDS);
      assertThat(outcome.ok()).as("%s", outcome.cause()).isTrue();
      String sha = client.session().execute("print(sha.hexdigest(), end='')").stdoutText();
      assertThat(HexFormat.of().formatHex(reader.sha.digest())).isEqualTo(sha);
      long grown = reader.largestKib - before;
      assertThat(grown).as("KiB that the supervisor grew by").isLessThan(32 * 1024);
      Evidence.record(
          "MiB printed over a link cut every 0.8 MiB, to a listener that stands still at times",
          List.of("F10", "R13", "R15"),
          "hash equal after %d cuts, in a JVM with -Xmx64m; the supervisor grew by %d KiB, what the host held by %d KiB at most"
              .formatted(proxy.cuts(), grown, reader.heapGrowth() / 1024),
          mebibytes);
    }
  }

  @Test
  void the_stream_goes_on_soon_after_a_cut() throws Exception {
    Counts counts = Counts.of(60, 300, 1000);
    Outages outages = new Outages(counts.now());
    try (ChaosProxy proxy = Proxied.always(new Messages(outages));
        SupervisorClient client = Proxied.by(proxy).open()) {
      client.session().execute("pass");
      outages.begin();
      while (outages.times.count() < counts.now()) {
        assertThat(
                client
                    .session()
                    .execute("for i in range(2_000): print('line', i, 'é🙂', flush=True)")
                    .stdoutText())
            .isEqualTo(Proxied.lines(2_000));
      }
    }
    assertThat(outages.times.quantile(0.5)).isLessThan(Duration.ofSeconds(1));
    Evidence.record(
        "from a cut to the next byte of the stream that reaches the host",
        List.of("R28"),
        outages.times.summary() + "; aim: a median of 20 ms",
        counts);
  }

  private static How how(int connection) {
    return connection % 2 == 0 ? How.FIN : How.RST;
  }

  /** Hashes what comes, stands still now and then, and looks then at what is held. */
  private static final class Reader implements CellListener {
    private static final int LOOKS = 8;
    private static final Duration STILL = Duration.ofMillis(200);

    private final MessageDigest sha = MessageDigest.getInstance("SHA-256");
    private final long pid;
    private final long step;
    private final long heapBefore = heap();
    private long heapLargest;
    private long largestKib;
    private long bytes;

    Reader(long pid, int mebibytes) throws Exception {
      this.pid = pid;
      step = (long) mebibytes * MIB / LOOKS;
    }

    @Override
    public void onOutput(OutputChunk chunk) {
      sha.update(chunk.bytes());
      long before = bytes / step;
      bytes += chunk.size();
      if (bytes / step > before) {
        try {
          // Nothing is waited for: the listener is slow.
          new CountDownLatch(1).await(STILL.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
        largestKib = Math.max(largestKib, Processes.residentKib(pid));
        heapLargest = Math.max(heapLargest, heap());
      }
    }

    long heapGrowth() {
      return heapLargest - heapBefore;
    }

    private static long heap() {
      Runtime runtime = Runtime.getRuntime();
      System.gc();
      return runtime.totalMemory() - runtime.freeMemory();
    }
  }

  /** Cuts behind every 20th record to the host, and measures until the next one. */
  private static final class Outages implements Function<LinkMessage, Fate> {
    private static final int RECORDS = 20;

    private final Latencies times = new Latencies();
    private final int cuts;
    private boolean begun;
    private int made;
    private int records;
    private int cutOn;
    private long cutAt;

    Outages(int cuts) {
      this.cuts = cuts;
    }

    synchronized void begin() {
      begun = true;
    }

    @Override
    public synchronized Fate apply(LinkMessage message) {
      if (!begun || message.kind() != Kind.RECORD || message.direction() != Direction.TO_HOST) {
        return Fate.PASSES;
      }
      if (cutAt != 0 && message.connection() > cutOn) {
        times.add(Duration.ofNanos(System.nanoTime() - cutAt));
        cutAt = 0;
      }
      if (++records % RECORDS != 0 || made == cuts) {
        return Fate.PASSES;
      }
      made++;
      cutOn = message.connection();
      cutAt = System.nanoTime();
      return Fate.cutBehind(how(made));
    }
  }
}
