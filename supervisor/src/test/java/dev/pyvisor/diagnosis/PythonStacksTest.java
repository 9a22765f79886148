package dev.pyvisor.diagnosis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who is asked for stacks, and who is made to tell them. */
class PythonStacksTest {
  /** Its handlers as the runner's evidence.py sets them; each says which of the two it was. */
  private static final String HANDLERS =
      """
      import os, signal, sys
      file = os.open(sys.argv[1] + "/stacks-kernel-1.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
      signal.signal(41, lambda *ignored: os.write(file, b"asked\\n"))
      import faulthandler
      faulthandler.register(40, file=file, all_threads=False)
      exec(sys.argv[2])
      open(sys.argv[1] + "/ready", "w").close()
      exec(compile(sys.argv[3], "<cell 1>", "exec"))
      """;

  private static final String SLEEPS = "import time; time.sleep(60)";

  /** Bounds one question on a loaded machine; who answers is waited for as long as it takes. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  @TempDir Path folder;
  private Process python;

  @AfterEach
  void end() {
    python.descendants().forEach(ProcessHandle::destroyForcibly);
    python.toHandle().destroyForcibly();
  }

  @Test
  void who_answers_is_never_made_to() throws IOException {
    start("", "while True: pass");
    for (int question = 0; question < 20; question++) {
      assertThat(said().text()).isEqualTo("asked\n");
    }
  }

  @Test
  void who_waits_is_woken_by_the_question() throws IOException {
    start("", SLEEPS);
    awaitState('S');
    assertThat(said().text()).isEqualTo("asked\n");
  }

  @Test
  void who_works_in_c_code_is_made_to_answer() throws IOException {
    start("", "sum(range(10**12))");
    // Before that it is in Python code, and answers.
    Awaitility.await().untilAsserted(() -> assertThat(said().text()).startsWith("Stack "));
    assertThat(said().text()).contains("<cell 1>\", line 1");
  }

  @Test
  void who_waits_in_c_code_is_made_to_answer() throws IOException {
    // It begins again to wait, without a look at what Python has to do.
    start("signal.siginterrupt(41, False)", "os.read(os.pipe()[0], 1)");
    awaitState('S');
    assertThat(said().text()).startsWith("Stack ").contains("<cell 1>\", line 1");
  }

  @Test
  void who_waits_for_its_turn_beside_a_working_thread_is_not_made_to_answer() throws IOException {
    startWaitingForItsTurn("");
    var said = PythonStacks.of(List.of(facts()), folder, Duration.ofMillis(500));
    Awaitility.await().until(() -> !ProcessFacts.isPending(python.pid(), PythonStacks.ASK));
    assertThat(said.get(python.pid()).fresh()).isFalse();
  }

  @Test
  void those_that_write_to_one_file_answer_each_for_itself() throws IOException {
    start(
        "signal.signal(41, lambda *_: os.write(file, b'%d' % os.getpid()))",
        "import time; os.fork(); time.sleep(60)");
    ProcessFacts child = sleepingChild();
    awaitState('S');
    var both = List.of(facts(), child);
    assertThat(PythonStacks.of(both, folder, PATIENCE).values())
        .extracting(PythonStacks.Stacks::text)
        .containsExactly("" + python.pid(), "" + child.pid());
    // For the second nothing is left of a time that is shorter than a turn.
    assertThat(PythonStacks.of(both, folder, Duration.ofMillis(60))).containsOnlyKeys(python.pid());
  }

  @Test
  void nobody_is_asked_behind_one_that_may_still_answer_into_the_same_file() throws IOException {
    startWaitingForItsTurn("os.fork() or time.sleep(60)\n");
    var both = List.of(facts(), sleepingChild());
    assertThat(PythonStacks.of(both, folder, Duration.ofSeconds(1))).containsOnlyKeys(python.pid());
  }

  @Test
  void who_has_not_taken_the_question_is_not_made_to_answer() throws IOException {
    start("signal.pthread_sigmask(signal.SIG_BLOCK, (41,))", SLEEPS);
    awaitState('S');
    assertThat(said().fresh()).isFalse();
  }

  @Test
  void who_waits_and_has_not_taken_the_question_is_not_made_to_answer() throws Exception {
    start(
        "signal.pthread_sigmask(signal.SIG_BLOCK, (10,))",
        "signal.sigwait((10,)); signal.pthread_sigmask(signal.SIG_BLOCK, (41,));"
            + "open(sys.argv[1] + '/deaf', 'w').close(); import time; time.sleep(60)");
    ProcessFacts before = facts();
    assertThat(new ProcessBuilder("kill", "-10", "" + python.pid()).start().waitFor()).isZero();
    Awaitility.await().until(() -> Files.exists(folder.resolve("deaf")));
    awaitState('S');
    var said = PythonStacks.of(List.of(before), folder, Duration.ofMillis(300));
    assertThat(said.get(python.pid()).fresh()).isFalse();
  }

  @Test
  void who_would_be_ended_by_the_question_is_not_asked() throws IOException {
    start("signal.signal(41, signal.SIG_DFL)", SLEEPS);
    awaitState('S');
    assertThat(said().fresh()).isFalse();
    assertThat(python.isAlive()).isTrue();
  }

  @Test
  void a_program_that_the_asked_process_has_become_is_left_alone() throws IOException {
    start("signal.signal(41, lambda *_: os.execv('/bin/sleep', ['sleep', '60']))", SLEEPS);
    awaitState('S');
    PythonStacks.of(List.of(facts()), folder, Duration.ofMillis(300));
    Awaitility.await().until(() -> facts().name().equals("sleep"));
    assertThat(python.isAlive()).isTrue();
  }

  @Test
  void an_answer_counts_though_the_file_was_emptied_meanwhile() throws IOException {
    start(
        "os.write(file, b'x' * 100)\n"
            + "signal.signal(41, lambda *_: (os.ftruncate(file, 0), os.write(file, b'asked')))",
        "while True: pass");
    said();
    // It may have been emptied only so far.
    Path file = folder.resolve("stacks-kernel-1.txt");
    Awaitility.await().untilAsserted(() -> assertThat(file).hasContent("asked"));
  }

  @Test
  void who_is_stopped_is_not_waited_for() throws IOException, InterruptedException {
    start("", SLEEPS);
    assertThat(new ProcessBuilder("kill", "-STOP", "" + python.pid()).start().waitFor()).isZero();
    awaitState('T');
    long begin = System.nanoTime();
    var said = PythonStacks.of(List.of(facts()), folder, Duration.ofMinutes(1));
    assertThat(Duration.ofNanos(System.nanoTime() - begin))
        .as("far below the minute that it was given")
        .isLessThan(Duration.ofSeconds(20));
    assertThat(said.get(python.pid()).fresh()).isFalse();
  }

  private PythonStacks.Stacks said() {
    return PythonStacks.of(List.of(facts()), folder, PATIENCE).get(python.pid());
  }

  private ProcessFacts facts() {
    return ProcessFacts.of(python.pid()).orElseThrow();
  }

  private void start(String before, String code) throws IOException {
    python =
        new ProcessBuilder("python3", "-c", HANDLERS, folder.toString(), before, code)
            .inheritIO()
            .start();
    Awaitility.await().until(() -> Files.exists(folder.resolve("ready")));
  }

  /** Its main thread has been asleep since another thread took the lock of the interpreter. */
  private void startWaitingForItsTurn(String before) throws IOException {
    start(
        "import threading, time; sys.setswitchinterval(1000)\n"
            + "def work():\n  while True: pass\n",
        before + "threading.Thread(target=work, daemon=True).start(); time.sleep(0.001)");
    Awaitility.await().until(() -> ProcessFacts.othersWork(python.pid()));
    awaitState('S');
  }

  private ProcessFacts sleepingChild() {
    return Awaitility.await()
        .until(
            () ->
                python
                    .children()
                    .findFirst()
                    .flatMap(child -> ProcessFacts.of(child.pid()))
                    .filter(child -> child.state() == 'S'),
            Optional::isPresent)
        .orElseThrow();
  }

  private void awaitState(char state) {
    Awaitility.await().until(() -> facts().state() == state);
  }
}
