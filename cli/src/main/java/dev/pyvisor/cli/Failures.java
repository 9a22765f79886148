package dev.pyvisor.cli;

import dev.pyvisor.error.RunnerException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
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

  /** The same with the file's name in it, which a failure in the midst of a file has not. */
  static FileSystemException of(Path file, IOException failure) {
    return failure instanceof FileSystemException named
        ? named
        : new FileSystemException(file.toString(), null, failure.getMessage());
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
    if (failure instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    if (failure instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason();
    }
    return failure.getClass().getSimpleName() + ": " + failure.getMessage();
  }
}
