package dev.pyvisor.cli;

import dev.pyvisor.runner.RunnerPayload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pyvisor runner}: the Python side on its own. */
@Command(
    name = "runner",
    description = "The runner, the Python side, on its own.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "VERB",
    subcommands = {RunnerCommand.Export.class, ListenCommand.class})
final class RunnerCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "give a verb: export or listen");
  }

  @Command(
      name = "export",
      description = "Writes runner.pyz: one file, runs on any Python from 3.9 on, needs no pip.",
      mixinStandardHelpOptions = true)
  static final class Export implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "Where to write it; replaced if it exists.")
    private Path file;

    @Override
    public Integer call() throws IOException {
      if (Files.isDirectory(file)) {
        throw new ParameterException(
            spec.commandLine(), file + " is a directory; name the file, for example runner.pyz");
      }
      Path folder = file.toAbsolutePath().getParent();
      if (!Files.isDirectory(folder)) {
        throw new ParameterException(
            spec.commandLine(), folder + " is no directory; make it, or name another");
      }
      try {
        Files.write(file, RunnerPayload.bytes());
      } catch (IOException failed) {
        throw Failures.of(file, failed);
      }
      System.out.println(file + "  sha256 " + RunnerPayload.sha256());
      return Failures.OK;
    }
  }
}
