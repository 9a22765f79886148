package dev.pyvisor.diagnosis;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One process at one moment, as {@code /proc} tells it.
 *
 * <p>Immutable.
 *
 * @param state one letter: R running, S sleeping, D in uninterruptible sleep, T stopped, Z zombie
 * @param ticks processor time so far, in ticks of the system's clock
 * @param wchan the kernel function that its main thread sleeps in; empty where that is hidden
 * @param syscall number and arguments of the system call that its main thread is in; empty where
 *     that is hidden
 * @param dumps whether it writes its Python stacks at {@link PythonStacks#INSIST}
 * @param answers whether it has a handler for {@link PythonStacks#ASK}
 * @param deaf whether its main thread blocks that one
 */
record ProcessFacts(
    long pid,
    String name,
    char state,
    long parent,
    int threads,
    long ticks,
    String wchan,
    String syscall,
    boolean dumps,
    boolean answers,
    boolean deaf) {
  /** See the runner's linux.py. */
  private static final String COPY = "pyvisor-copy";

  private static final int THREADS_SHOWN = 64;
  private static final int THREADS_LOOKED_AT = 100;
  private static final int DESCRIPTORS_SHOWN = 256;

  // Positions in /proc/PID/stat behind the name in parentheses, which may hold any character.
  private static final int PARENT = 1;
  private static final int USER_TICKS = 11;
  private static final int SYSTEM_TICKS = 12;
  private static final int THREADS = 17;

  /** Empty where there is no such process. */
  static Optional<ProcessFacts> of(long pid) {
    return of(pid, "stat");
  }

  /** The same with the state and the processor time of its main thread alone. */
  static Optional<ProcessFacts> mainThread(long pid) {
    return of(pid, "task/" + pid + "/stat");
  }

  private static Optional<ProcessFacts> of(long pid, String file) {
    return ProcFs.read(pid, file)
        .filter(stat -> stat.indexOf(')') > 0)
        .map(stat -> read(pid, stat));
  }

  private static ProcessFacts read(long pid, String stat) {
    int end = stat.lastIndexOf(')');
    String[] fields = stat.substring(end + 2).strip().split(" ");
    return new ProcessFacts(
        pid,
        Plain.line(stat.substring(stat.indexOf('(') + 1, end)),
        fields[0].charAt(0),
        Long.parseLong(fields[PARENT]),
        Integer.parseInt(fields[THREADS]),
        Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[SYSTEM_TICKS]),
        wchan(pid),
        ProcFs.read(pid, "syscall").orElse("").strip(),
        // Without a handler the signal would kill.
        catches(pid, PythonStacks.INSIST),
        catches(pid, PythonStacks.ASK),
        has(pid, "SigBlk:", PythonStacks.ASK));
  }

  private static String wchan(long pid) {
    String found = ProcFs.read(pid, "wchan").orElse("");
    return found.equals("0") ? "" : found;
  }

  /** Whether the process has a handler for the signal. */
  static boolean catches(long pid, int signal) {
    return has(pid, "SigCgt:", signal);
  }

  /** Whether a signal that was sent has not come to any thread yet, or not to the main thread. */
  static boolean isPending(long pid, int signal) {
    return has(pid, "ShdPnd:", signal) || has(pid, "SigPnd:", signal);
  }

  /**
   * Whether a thread of it beside its main thread runs or could. Of so many threads that this takes
   * long, one does.
   */
  static boolean othersWork(long pid) {
    List<String> tasks = ProcFs.tasks(pid);
    return tasks.size() > THREADS_LOOKED_AT
        || tasks.stream()
            .filter(task -> !task.equals(Long.toString(pid)))
            .anyMatch(task -> isRunning(pid, task));
  }

  private static boolean isRunning(long pid, String task) {
    return ProcFs.read(pid, "task/" + task + "/stat")
        .filter(stat -> stat.startsWith(" R ", stat.lastIndexOf(')') + 1))
        .isPresent();
  }

  private static boolean has(long pid, String set, int signal) {
    return ProcFs.read(pid, "status").stream()
        .flatMap(String::lines)
        .filter(line -> line.startsWith(set))
        .map(line -> Long.parseUnsignedLong(line.substring(set.length()).strip(), 16))
        .anyMatch(mask -> (mask >>> (signal - 1) & 1) == 1);
  }

  boolean stopped() {
    return state == 'T' || state == 't';
  }

  /** Whether {@link PythonStacks#ASK} comes to its main thread as it is now. */
  boolean canAnswer() {
    return answers && !stopped() && !deaf;
  }

  /** Whether it is what a kernel keeps of its state: it sleeps and takes no question. */
  boolean isFrozenCopy() {
    return deaf && name.equals(COPY);
  }

  boolean ended() {
    return state == 'Z' || state == 'X';
  }

  /** One line. */
  String summary() {
    return "process "
        + pid
        + " ("
        + name
        + ") state="
        + state
        + " parent="
        + parent
        + " threads="
        + threads
        + " ticks="
        + ticks
        + " wchan="
        + shown(wchan)
        + " syscall="
        + shown(syscall);
  }

  /** The summary, then its threads and descriptors, a line each. */
  String details() {
    StringBuilder text = new StringBuilder(summary()).append('\n');
    List<String> tasks = ProcFs.tasks(pid);
    tasks.stream()
        .limit(THREADS_SHOWN)
        .forEach(
            task -> {
              String thread = "task/" + task + "/";
              text.append("  thread ").append(task);
              text.append(" wchan=").append(shown(ProcFs.read(pid, thread + "wchan").orElse("")));
              text.append(" syscall=");
              text.append(shown(ProcFs.read(pid, thread + "syscall").orElse("").strip()));
              text.append('\n');
            });
    more(text, tasks.size(), THREADS_SHOWN, "threads");
    Map<Integer, String> descriptors = ProcFs.descriptors(pid);
    descriptors.entrySet().stream()
        .limit(DESCRIPTORS_SHOWN)
        .forEach(
            open ->
                text.append("  descriptor ")
                    .append(open.getKey())
                    .append(" -> ")
                    .append(Plain.line(open.getValue()))
                    .append('\n'));
    more(text, descriptors.size(), DESCRIPTORS_SHOWN, "descriptors");
    return text.toString();
  }

  private static void more(StringBuilder text, int all, int shown, String what) {
    if (all > shown) {
      text.append("  and ").append(all - shown).append(" more ").append(what).append('\n');
    }
  }

  private static String shown(String text) {
    return text.isEmpty() ? "?" : text;
  }
}
