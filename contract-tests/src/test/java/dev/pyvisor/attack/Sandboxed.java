package dev.pyvisor.attack;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Programs run as cells, each in a session of its own. One client serves all, but for those that
 * end the runner or must be seen after its end.
 *
 * <p>Confined to the test's thread.
 */
final class Sandboxed implements Attacked {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final String WHO =
      """
      import os
      started = open('/proc/self/stat').read().rpartition(')')[2].split()[19]
      print(6 * 7, os.getpid(), started)
      """;

  private final Supplier<SupervisorClient.Builder> builders;
  private Optional<SupervisorClient> shared = Optional.empty();
  private int sessions;

  Sandboxed(Supplier<SupervisorClient.Builder> builders) {
    this.builders = builders;
  }

  @Override
  public Seen run(Program program, Plant plant) throws IOException {
    Files.createDirectories(plant.home());
    if (!program.alone()) {
      if (shared.isEmpty()) {
        shared = Optional.of(OpenClients.open(builders.get()));
      }
      return in(shared.get(), program.witness(), plant.source(program.parts().get(0)));
    }
    Seen seen = null;
    for (String part : program.parts()) {
      try (SupervisorClient own =
          OpenClients.open(
              builders
                  .get()
                  .payload(plant.payload())
                  .environment("HOME", plant.home().toString()))) {
        seen = in(own, program.witness(), plant.source(part));
      }
    }
    return seen;
  }

  private Seen in(SupervisorClient client, Witness witness, String source) {
    Session session = client.openSession("attack" + ++sessions);
    String kernel = who(session);
    String runner = client.runner().incarnation();
    Outcome outcome;
    try {
      outcome = session.execute(Cell.of(source).withValue().timeout(LIMIT));
    } catch (RunnerException refused) {
      // A typed refusal is an answer; the host fails by any other.
      return new Seen(
          "",
          Optional.of(refused.toString()),
          false,
          Optional.empty(),
          after(client, session, kernel, runner));
    } catch (RuntimeException | Error failure) {
      return new Seen(
          "",
          Optional.empty(),
          false,
          Optional.of(failure),
          after(client, session, kernel, runner));
    }
    if (outcome.kind() == OutcomeKind.RAISED) {
      throw new AssertionError(
          "the program is broken: " + outcome.error().orElseThrow().traceback());
    }
    Aftermath aftermath = after(client, session, kernel, runner).orElseThrow();
    return new Seen(
        outcome.stdoutText() + outcome.stderrText(),
        outcome.ok() ? Optional.empty() : Optional.of(outcome.toString()),
        false,
        Optional.empty(),
        Optional.of(aftermath));
  }

  /**
   * The next cell has to work; where it is not in the same kernel, the host must have been told.
   */
  private Optional<Aftermath> after(
      SupervisorClient client, Session session, String kernel, String runner) {
    String now = who(session);
    Aftermath aftermath =
        !client.runner().incarnation().equals(runner)
            ? Aftermath.NEW_RUNNER
            : now.equals(kernel) ? Aftermath.SAME_KERNEL : Aftermath.NEW_KERNEL;
    session.close();
    return Optional.of(aftermath);
  }

  private static String who(Session session) {
    Outcome outcome = session.execute(WHO);
    String said = outcome.stdoutText();
    if (!outcome.ok() || !said.startsWith("42 ")) {
      throw new AssertionError("the next cell does not work: " + outcome + ", " + said);
    }
    return said;
  }

  @Override
  public void close() {
    shared.ifPresent(SupervisorClient::close);
  }
}
