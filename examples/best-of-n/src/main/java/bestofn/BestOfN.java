package bestofn;

import dev.pyvisor.Cell;
import dev.pyvisor.CellRun;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.outcome.Cause;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.PythonError;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Loads a data set once, tries several ideas on it, each in a branch of its own and all at the same
 * time, and goes on with the best. No try sees what another one did, whether it changed the data,
 * raised or never came to an end.
 */
public final class BestOfN {
  /** Two cores are kept busy; each try would also run alone well within this. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private static final String LOAD =
      """
      import csv
      from collections import namedtuple
      from statistics import mean

      Penguin = namedtuple("Penguin", "species flipper mass")
      rows = [row for row in csv.DictReader(text.splitlines()) if row["body_mass_g"] != "NA"]
      penguins = [Penguin(r["species"], float(r["flipper_length_mm"]), float(r["body_mass_g"])) for r in rows]
      known = [penguin for number, penguin in enumerate(penguins) if number % 5]
      asked = penguins[::5]

      def line(points):
          # Least squares: the mass that a flipper of this length predicts.
          x_mean, y_mean = mean(p.flipper for p in points), mean(p.mass for p in points)
          slope = sum((p.flipper - x_mean) * (p.mass - y_mean) for p in points)
          slope /= sum((p.flipper - x_mean) ** 2 for p in points)
          return lambda penguin: y_mean + slope * (penguin.flipper - x_mean)

      def error():
          return round(mean(abs(guess(p) - p.mass) for p in asked))
      """;

  /** What an agent might propose: each defines {@code guess}; the last expression is its error. */
  private static final List<Idea> IDEAS =
      List.of(
          new Idea(
              "one mean for all",
              """
              known = [p.mass for p in known]
              level = mean(known)
              guess = lambda penguin: level
              error()
              """),
          new Idea(
              "a line over the flippers",
              """
              guess = line(known)
              error()
              """),
          new Idea(
              "a line for each species",
              """
              lines = {s: line([p for p in known if p.species == s]) for s in {p.species for p in known}}
              guess = lambda penguin: lines[penguin.species](penguin)
              error()
              """),
          new Idea(
              "a mean for each island",
              """
              islands = {p.island for p in known}
              error()
              """),
          new Idea(
              "the best of all lines",
              """
              del known[10:]
              while True:
                  known.sort()
              """));

  private BestOfN() {}

  /**
   * A proposal.
   *
   * @param name what people call it
   * @param code a cell
   */
  record Idea(String name, String code) {}

  /**
   * A proposal under way.
   *
   * @param branch a session that began with the loaded data
   * @param run its cell
   */
  record Try(Idea idea, Session branch, CellRun run) {
    Optional<Integer> error() {
      return run.outcome().join().value().map(value -> value.as(Integer.class));
    }
  }

  static void run(Path data, PrintStream out) throws IOException {
    try (SupervisorClient client = SupervisorClient.builder().trusted().open()) {
      Session session = client.session();
      session.set("text", Files.readString(data));
      session.execute(LOAD);
      session.checkpoint("loaded");

      List<Try> tries = new ArrayList<>();
      for (Idea idea : IDEAS) {
        Session branch = session.branch(idea.name(), "loaded");
        Cell cell = Cell.of(idea.code()).withValue().timeout(PATIENCE);
        tries.add(new Try(idea, branch, branch.start(cell)));
      }
      for (Try each : tries) {
        out.println(each.idea().name() + ": " + told(each.run().outcome().join()));
      }

      Try best =
          tries.stream()
              .filter(each -> each.error().isPresent())
              .min(Comparator.comparing(each -> each.error().orElseThrow()))
              .orElseThrow();
      tries.stream().filter(each -> each != best).forEach(each -> each.branch().close());

      Outcome answer =
          best.branch().execute("print(f'{guess(Penguin(\"Gentoo\", 230.0, 0)):.0f} g')");
      out.print("by " + best.idea().name() + ", a Gentoo with flippers of 230 mm weighs ");
      out.print(answer.stdoutText());

      out.print("still there where it all began: ");
      out.print(session.execute("print(len(known), 'penguins')").stdoutText());
    }
  }

  private static String told(Outcome outcome) {
    return outcome
        .value()
        .map(error -> error.as(Integer.class) + " g off on average")
        .or(() -> outcome.cause().map(Cause::text))
        .or(() -> outcome.error().map(PythonError::text))
        .orElseThrow();
  }

  /** Takes the data set's file; prints what became of each idea, and the answer of the best. */
  public static void main(String[] arguments) throws IOException {
    run(Path.of(arguments[0]), System.out);
  }
}
