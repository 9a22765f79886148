package dev.pyvisor.transport.launch;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.exec.CommandLine;

/**
 * A command line that somebody wrote: words and quotes, no shell.
 *
 * <p>Immutable.
 */
public final class CommandWords {
  private CommandWords() {}

  /**
   * The words of a line.
   *
   * @param key where it was written
   * @throws LaunchFailed when the line is empty, or a quote in it has no end
   */
  public static List<String> of(String runnerId, String key, String line) {
    try {
      CommandLine parsed = CommandLine.parse(line);
      List<String> words = new ArrayList<>();
      words.add(unquoted(parsed.getExecutable()));
      for (String argument : parsed.getArguments()) {
        words.add(unquoted(argument));
      }
      return words;
    } catch (IllegalArgumentException unfit) {
      LaunchFailed failure =
          new LaunchFailed(
              runnerId,
              ErrorCode.INVALID_ARGUMENT,
              key
                  + " '"
                  + line
                  + "' is no command line: "
                  + unfit.getMessage()
                  + "; give a program and its arguments, with quotes around what holds spaces",
              null);
      failure.initCause(unfit);
      throw failure;
    }
  }

  /** The parser puts quotes around a word with spaces, for those who join the words again. */
  private static String unquoted(String word) {
    boolean quoted =
        word.length() >= 2
            && (word.charAt(0) == '"' || word.charAt(0) == '\'')
            && word.charAt(0) == word.charAt(word.length() - 1);
    return quoted ? word.substring(1, word.length() - 1) : word;
  }
}
