package dev.pyvisor.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Options whose names are settled but whose work is not done: they refuse, never pretend. */
final class LaterOptions {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(names = "--image", paramLabel = "IMAGE", description = "Later: for containers.")
  void image(String value) {
    refuse("--image", "the runner is a process of this machine");
  }

  private void refuse(String option, String instead) {
    throw new ParameterException(
        command.commandLine(), option + " is not in this version; leave it out: " + instead);
  }
}
