package dev.pyvisor.diagnosis;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What one process is at, in one line, from two looks at it. The supervisor's own classifier sees
 * more and is asked first; this one is for when it does not answer.
 *
 * <p>Immutable.
 */
final class Classifier {
  private static final Pattern PIPE = Pattern.compile("(anon_)?pipe_write");
  private static final Pattern SOCKET =
      Pattern.compile("unix_stream_.*|__skb_wait.*|sk_wait_data|wait_woken|.*_recvmsg");
  private static final Pattern LOCK = Pattern.compile("futex.*|do_futex.*");

  private Classifier() {}

  /**
   * Begins with one of the verdicts' words.
   *
   * @param before the first look
   * @param after the second, some ten milliseconds later; null when the process has ended since
   * @param stacks its Python stacks, where it wrote any
   */
  static String of(
      ProcessFacts before, @Nullable ProcessFacts after, PythonStacks.@Nullable Stacks stacks) {
    if (after == null) {
      return "gone: it has ended";
    }
    String place = stacks == null || stacks.place().isEmpty() ? "" : " in " + stacks.place();
    if (after.stopped()) {
      return "stopped: its state is " + after.state() + place;
    }
    if (after.ended()) {
      return "zombie: it has ended and its parent has not taken notice";
    }
    if (after.state() == 'D') {
      return "kernel-io: it waits in the kernel, in " + where(after) + place;
    }
    if (after.state() == 'R' || after.ticks() > before.ticks()) {
      return "running: it computes" + place;
    }
    if (PIPE.matcher(after.wchan()).matches()) {
      return "output: what it writes is not taken" + place;
    }
    if (LOCK.matcher(after.wchan()).matches()) {
      return "lock: it waits for a lock" + place;
    }
    if (SOCKET.matcher(after.wchan()).matches()) {
      return place.isEmpty()
          ? "idle: it waits for a message"
          : "tool: it waits for a message of the host" + place;
    }
    return "sleeping: in " + where(after) + place;
  }

  private static String where(ProcessFacts process) {
    if (!process.wchan().isEmpty()) {
      return process.wchan();
    }
    return process.syscall().isEmpty()
        ? "an unknown place"
        : "system call " + process.syscall().split(" ")[0];
  }
}
