package dev.pyvisor.attack;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.Value;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Programs run as cells, each in a session of its own. One client serves all, but for those that
 * end the runner or must be seen after its end.
 *
 * <p>Confined to the test's thread.
 */
final class Sandboxed implements Attacked {
  private static final int SECONDS = 20;

  /** By nothing that an attack may have spoilt for the code of its own session. */
  private static final String WHO = "import posix\nprint(6 * 7, posix.getpid())";

  private final Cage cage;
  private final Supplier<SupervisorClient.Builder> builders;
  private Optional<SupervisorClient> shared = Optional.empty();
  private int sessions;

  Sandboxed(Cage cage, Supplier<SupervisorClient.Builder> builders) {
    this.cage = cage;
    this.builders = builders;
  }

  @Override
  public Seen run(Program program, Plant plant) throws IOException {
    Files.createDirectories(plant.home());
    if (!program.alone()) {
      if (shared.isEmpty()) {
        shared = Optional.of(OpenClients.open(builders.get()));
      }
      return in(shared.get(), program, plant, program.parts().get(0));
    }
    Seen seen = null;
    for (String part : program.parts()) {
      SupervisorClient.Builder builder = builders.get().payload(plant.payload());
      if (!cage.isolates()) {
        // In a sandbox it is the sandbox's own; here nothing must be left in the real one.
        builder.environment("HOME", plant.home().toString());
      }
      program.backend().ifPresent(builder::backend);
      if (program.collected().isPresent()) {
        builder.workspace(cage.handedOver(plant.workspace()));
      }
      try (SupervisorClient own = OpenClients.open(builder)) {
        seen = in(own, program, plant, part);
      }
    }
    return seen;
  }

  private Seen in(SupervisorClient client, Program program, Plant plant, String part)
      throws IOException {
    Session session = client.openSession("attack" + ++sessions);
    String kernel = who(session).orElseThrow();
    String runner = client.runner().incarnation();
    String said = "";
    Optional<String> ended = Optional.empty();
    Optional<Throwable> failure = Optional.empty();
    try {
      Outcome outcome =
          session.execute(
              Cell.of(plant.source(part))
                  .withValue()
                  .timeout(Duration.ofSeconds(program.seconds(SECONDS))));
      if (outcome.kind() == OutcomeKind.RAISED) {
        throw new AssertionError(
            "the program is broken: " + outcome.error().orElseThrow().traceback());
      }
      said = outcome.stdoutText() + outcome.stderrText();
      if (program.kind().equals("results")) {
        said += result(outcome);
      }
      ended = outcome.ok() ? Optional.empty() : Optional.of(outcome.toString());
    } catch (RunnerException refused) {
      // A typed refusal is an answer; the host fails by any other.
      ended = Optional.of(refused.toString());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError problem) {
      failure = Optional.of(problem);
    }
    if (program.collected().isPresent()) {
      Path file = plant.workspace().resolve(program.collected().get());
      said += Collector.collect(file, plant.secret());
    }
    Optional<String> next = who(session);
    Aftermath aftermath = aftermath(client, kernel, runner, next);
    if (next.isEmpty() && program.witness() != Witness.SUCCESSOR) {
      throw new AssertionError("the next cell does not work; " + said + ended);
    }
    session.close();
    return new Seen(said, ended, false, next.isEmpty(), failure, Optional.of(aftermath));
  }

  /** What the host was given as the value, and can make of it. */
  private static String result(Outcome outcome) {
    if (outcome.value().isEmpty()) {
      return outcome.stdoutText().contains("ATTACK") ? "" : "\nATTACK prevented: no value";
    }
    Value value = outcome.value().get();
    Object java = value.asJava();
    boolean described = java instanceof Map<?, ?> map && map.containsKey("$py");
    return "\nATTACK "
        + (described ? "prevented: a description of " : "contained: data of ")
        + value.json().length()
        + " characters: "
        + value.json().substring(0, Math.min(120, value.json().length()));
  }

  private static Aftermath aftermath(
      SupervisorClient client, String kernel, String runner, Optional<String> next) {
    if (!client.runner().incarnation().equals(runner)) {
      return Aftermath.NEW_RUNNER;
    }
    return next.isEmpty() || next.get().equals(kernel)
        ? Aftermath.SAME_KERNEL
        : Aftermath.NEW_KERNEL;
  }

  /** Which kernel answers; empty when what it answers is not right. */
  private static Optional<String> who(Session session) {
    Outcome outcome = session.execute(WHO);
    return Optional.of(outcome.stdoutText()).filter(said -> outcome.ok() && said.startsWith("42 "));
  }

  @Override
  public void close() {
    shared.ifPresent(SupervisorClient::close);
  }
}
