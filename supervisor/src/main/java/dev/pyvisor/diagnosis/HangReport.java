package dev.pyvisor.diagnosis;

import dev.pyvisor.Defaults;
import dev.pyvisor.error.CallTimedOut;
import dev.pyvisor.transport.ThreadRoster;
import dev.pyvisor.wire.JsonRpc;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Writes one report: first what is at hand in this JVM, then what the runner's processes look like
 * from outside, then what the supervisor answers, if it does. Each file that cannot be had or
 * written is left out, and nothing is waited for beyond {@link Defaults#EVIDENCE_LIMIT}.
 *
 * <p>Confined to the thread of {@link ThreadRoster} that writes it.
 */
final class HangReport {
  /** What comes after the wait for stacks: small files, and a second look at the processes. */
  private static final Duration FOR_THE_REST = Duration.ofMillis(150);

  private final Witness witness;
  private final String reason;
  private final @Nullable String told;
  private final ReportFolder folder;
  private final long begin = System.nanoTime();

  /**
   * @param told the facts, where the supervisor has told them by itself; else it is asked
   */
  HangReport(Witness witness, String reason, @Nullable String told, ReportFolder folder) {
    this.witness = witness;
    this.reason = reason;
    this.told = told;
    this.folder = folder;
  }

  /** Returns the verdict. */
  String write() {
    folder.save("java-stacks.txt", JavaStacks.text());
    folder.save("frames.txt", lines(witness.frames().lines()));
    folder.save("pending.txt", pending());
    ProcessReport processes =
        new ProcessReport(
            witness.supervisor(),
            RunnerProcesses.of(ProcessHandle.current(), witness.supervisor(), witness.runnerId()));
    folder.save("proc.txt", processes.facts());
    List<String> missing = new ArrayList<>();
    RunnerFacts facts = told == null ? ask(missing) : RunnerFacts.of(told);
    String stacks = facts == null ? "" : facts.stacks();
    if (stacks.isEmpty()) {
      processes.askForStacks(witness.privateDirectory(), left());
      stacks = processes.stacks();
    }
    folder.save("python-stacks.txt", stacks);
    folder.save("runner.json", facts == null ? absent(missing) : facts.pretty());
    String verdict = verdict(facts == null ? processes.verdict() : facts.verdict(), missing);
    folder.save("verdict.txt", verdict + "\n");
    return verdict;
  }

  private String pending() {
    List<String> lines = new ArrayList<>();
    lines.add("report of runner " + witness.runnerId() + " at " + Instant.now() + ": " + reason);
    lines.addAll(witness.pending());
    return lines(lines);
  }

  private @Nullable RunnerFacts ask(List<String> missing) {
    CompletableFuture<String> asked = witness.facts(Defaults.EVIDENCE_ANSWER);
    try {
      return RunnerFacts.of(asked.get(Defaults.EVIDENCE_ANSWER.toNanos(), TimeUnit.NANOSECONDS));
    } catch (TimeoutException late) {
      missing.add(silence());
    } catch (ExecutionException failed) {
      missing.add(
          failed.getCause() instanceof CallTimedOut
              ? silence()
              : "the supervisor gave no facts: " + failed.getCause().getMessage());
    } catch (InterruptedException closing) {
      Thread.currentThread().interrupt();
      missing.add("the client was closed meanwhile");
    }
    return null;
  }

  private static String silence() {
    return "the supervisor did not answer within " + Defaults.EVIDENCE_ANSWER.toMillis() + " ms";
  }

  private String verdict(String found, List<String> missing) {
    List<String> parts = new ArrayList<>(List.of(found));
    int deadlocked = JavaStacks.deadlocked();
    if (deadlocked > 0) {
      parts.add(deadlocked + " Java threads are deadlocked");
    }
    parts.addAll(missing);
    parts.addAll(folder.failures());
    return Plain.line(String.join("; ", parts));
  }

  private static String absent(List<String> missing) {
    return "{\"missing\":" + JsonRpc.quoted(String.join("; ", missing)) + "}\n";
  }

  private Duration left() {
    long spent = System.nanoTime() - begin;
    return Duration.ofNanos(
        Math.max(0, Defaults.EVIDENCE_LIMIT.minus(FOR_THE_REST).toNanos() - spent));
  }

  private static String lines(List<String> lines) {
    return String.join("\n", lines) + "\n";
  }
}
