package dev.pyvisor.cli;

import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFiles;
import dev.pyvisor.error.RunnerException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Which files go into the workspace before the first cell, and which come out after the last. */
final class FileOptions {
  /** The last one: a name on the host is likelier to have one than a name that code is told. */
  private static final char BETWEEN = '=';

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--put",
      paramLabel = "FILE|DIR[=PATH]",
      description =
          "Puts a copy into the workspace before the first cell, at PATH, or under its own name.")
  private List<String> puts = new ArrayList<>();

  @Option(
      names = "--collect",
      paramLabel = "PATH[=FILE|DIR]",
      description =
          "Copies a file or directory of the workspace out after the last cell, whatever became of"
              + " it; to its own name in the current directory, unless another is given. Replaces"
              + " no file.")
  private List<String> collects = new ArrayList<>();

  /**
   * One copy to make.
   *
   * @param option as it was given
   * @param from in the place that it comes from
   * @param to in the place that it goes to
   */
  private record Copy(String option, String from, String to) {}

  boolean given() {
    return !puts.isEmpty() || !collects.isEmpty();
  }

  /** Refuses what cannot go well, before anything is started. */
  void check() {
    for (Copy copy : copies("--put", puts)) {
      if (!Files.exists(host(copy, copy.from()))) {
        throw refused(copy.option() + ": there is no " + copy.from());
      }
    }
    for (Copy copy : copies("--collect", collects)) {
      if (Files.exists(host(copy, copy.to()), LinkOption.NOFOLLOW_LINKS)) {
        throw refused(
            copy.option() + ": there is a " + copy.to() + " already; name another with =PATH");
      }
    }
  }

  /**
   * Puts all; the first failure ends it.
   *
   * @param told hears of a failure
   * @return whether all of them are there
   */
  boolean put(WorkspaceFiles files, PrintStream err, BiConsumer<String, RunnerException> told)
      throws InterruptedException {
    for (Copy copy : copies("--put", puts)) {
      Transfer how = Transfer.plain().listener(new CopyProgress(copy.option(), err));
      if (!done(copy, files.putAsync(host(copy, copy.from()), copy.to(), how), told)) {
        return false;
      }
    }
    return true;
  }

  /** Collects all that can be; a failure ends none of the others. */
  boolean collect(WorkspaceFiles files, PrintStream err, BiConsumer<String, RunnerException> told)
      throws InterruptedException {
    boolean all = true;
    for (Copy copy : copies("--collect", collects)) {
      Transfer how = Transfer.plain().listener(new CopyProgress(copy.option(), err));
      all &= done(copy, files.collectAsync(copy.from(), host(copy, copy.to()), how), told);
    }
    return all;
  }

  private static boolean done(
      Copy copy, CompletableFuture<Void> end, BiConsumer<String, RunnerException> told)
      throws InterruptedException {
    try {
      end.get();
      return true;
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RunnerException failure) {
        told.accept(copy.option(), failure);
        return false;
      }
      throw new IllegalStateException(copy.option(), failed.getCause());
    }
  }

  private List<Copy> copies(String option, List<String> given) {
    List<Copy> copies = new ArrayList<>();
    for (String text : given) {
      int at = text.lastIndexOf(BETWEEN);
      String from = at < 0 ? text : text.substring(0, at);
      String to = at < 0 ? lastName(text) : text.substring(at + 1);
      if (from.isEmpty() || to.isEmpty()) {
        throw refused(
            option + " '" + text + "' lacks a name; write what to copy, and after = where to");
      }
      copies.add(new Copy(option + " " + text, from, to));
    }
    return copies;
  }

  private static String lastName(String path) {
    String whole = path.replaceFirst("/+$", "");
    return whole.substring(whole.lastIndexOf('/') + 1);
  }

  private Path host(Copy copy, String path) {
    try {
      return Path.of(path);
    } catch (InvalidPathException odd) {
      throw refused(copy.option() + ": " + odd.getMessage());
    }
  }

  private ParameterException refused(String why) {
    return new ParameterException(command.commandLine(), why);
  }
}
