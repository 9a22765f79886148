package dev.pyvisor.cli;

import dev.pyvisor.error.RunnerException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;

/** What a failure means to a shell: one line and an exit status. */
final class Failures {
  static final int OK = 0;
  static final int SOME_CELL_FAILED = 1;
  static final int USAGE = CommandLine.ExitCode.USAGE;
  static final int NO_RUNNER = 3;
  static final int INTERRUPTED = CtrlC.STATUS;

  private Failures() {}

  static int status(Throwable failure) {
    return failure instanceof RunnerException ? NO_RUNNER : USAGE;
  }

  static String explain(Throwable failure) {
    if (failure instanceof RunnerException
        || failure instanceof IllegalArgumentException
        || failure instanceof IllegalStateException) {
      return String.valueOf(failure.getMessage());
    }
    if (failure instanceof NoSuchFileException missing) {
      return missing.getFile() + ": no such file";
    }
    if (failure instanceof FileSystemException file) {
      return file.getFile()
          + ": "
          + (file.getReason() == null ? "cannot be read" : file.getReason());
    }
    return failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }
}
