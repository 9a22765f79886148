package dev.pyvisor.cli;

import dev.pyvisor.RunnerInfo;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.RunnerException;
import dev.pyvisor.outcome.Outcome;

/** One real cell through one real runner: whether the pipe backend works here. */
record Trial(boolean works, String text) {

  static Trial run(SupervisorClient.Builder builder) {
    long start = System.nanoTime();
    try (SupervisorClient client = builder.open()) {
      Outcome outcome = client.session().execute("print(6 * 7)");
      long millis = (System.nanoTime() - start) / 1_000_000;
      RunnerInfo runner = client.runner();
      boolean works = outcome.ok() && outcome.stdoutText().equals("42\n");
      String text =
          works
              ? "works: Python "
                  + runner.pythonVersion()
                  + " ("
                  + runner.implementation()
                  + "), first result after "
                  + millis
                  + " ms"
              : "a cell that prints 42 came back as " + outcome;
      return new Trial(works, text);
    } catch (RunnerException failure) {
      return new Trial(false, Failures.explain(failure));
    }
  }
}
