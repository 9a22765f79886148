package dev.pyvisor.cli;

import com.sun.tools.attach.AttachNotSupportedException;
import dev.pyvisor.diagnosis.RunnerHosts;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** {@code pyvisor doctor --hang}: a hang report of every client of a JVM, or of every such JVM. */
final class HangCheck {
  /** Long, for the machine on which something hangs is often an overloaded one. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final Duration FOR_A_NEW_CLIENT = Duration.ofSeconds(2);

  /** Attaching gives up by itself, and so takes away the file that it leaves at the other JVM. */
  private static final Duration ATTACHING = Duration.ofMillis(7_500);

  private final PrintStream out;
  private final PrintStream err;

  HangCheck(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Every JVM of this user that has a runner. */
  int all() throws InterruptedException {
    List<Long> hosts = RunnerHosts.all();
    if (hosts.isEmpty()) {
      err.println(
          "pyvisor: no JVM of this user has a living Pyvisor runner; if one should, name it:"
              + " pyvisor doctor --hang PID");
      return Failures.NO_RUNNER;
    }
    int worst = Failures.OK;
    for (long host : hosts) {
      worst = Math.max(worst, one(host));
    }
    return worst;
  }

  int one(long pid) throws InterruptedException {
    if (ProcessHandle.of(pid).isEmpty()) {
      err.println("pyvisor: there is no process " + pid + "; jps -l lists the JVMs of this user");
      return Failures.NO_RUNNER;
    }
    List<Path> folders = new ArrayList<>();
    String silence = ask(pid, folders);
    if (folders.isEmpty()) {
      fallBack(pid, silence, folders);
    }
    if (folders.isEmpty()) {
      err.println(
          "pyvisor: process " + pid + " has no Pyvisor client that lives (" + silence + ")");
      return Failures.NO_RUNNER;
    }
    folders.forEach(folder -> print(pid, folder));
    return Failures.OK;
  }

  /** Returns why there are no folders, where there are none. */
  private static String ask(long pid, List<Path> folders) throws InterruptedException {
    if (!RunnerHosts.canBeAsked(pid)) {
      return "it is no JVM that could be asked";
    }
    CompletableFuture<List<Path>> answer = new CompletableFuture<>();
    System.setProperty("sun.tools.attach.attachTimeout", Long.toString(ATTACHING.toMillis()));
    Thread asking =
        new Thread(
            () -> {
              try {
                answer.complete(HostJvm.reports(pid, FOR_A_NEW_CLIENT));
              } catch (Exception | LinkageError failed) {
                // A runtime without the module jdk.attach has not got the class.
                answer.completeExceptionally(failed);
              }
            },
            "ask-jvm-" + pid);
    asking.setDaemon(true);
    asking.start();
    try {
      folders.addAll(answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
      return "the JVM answers and shows no client";
    } catch (TimeoutException late) {
      return "the JVM did not answer within " + PATIENCE.toSeconds() + " s";
    } catch (ExecutionException failed) {
      return failed.getCause() instanceof AttachNotSupportedException
          ? "the JVM did not answer within " + ATTACHING.toMillis() + " ms"
          : "the JVM could not be asked: " + failed.getCause();
    }
  }

  private void fallBack(long pid, String silence, List<Path> folders) {
    for (String runner : RunnerHosts.runners(pid)) {
      try {
        folders.add(RunnerHosts.report(pid, runner, silence));
      } catch (IOException problem) {
        err.println("pyvisor: no report of runner " + runner + ": " + Failures.explain(problem));
      }
    }
  }

  private void print(long pid, Path folder) {
    out.println("jvm      " + pid);
    out.println("report   " + folder);
    out.println("verdict  " + verdict(folder));
  }

  private static String verdict(Path folder) {
    try {
      return Files.readString(folder.resolve("verdict.txt")).strip();
    } catch (IOException unwritten) {
      return "none: " + Failures.explain(unwritten);
    }
  }
}
