package dev.pyvisor.matrix;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A row of the table of what is refused, PROTOCOL.md section 11.
 *
 * <p>Immutable.
 *
 * @param state of the session that is asked
 * @param names words that the message holds
 */
record RefusedRow(
    String state, String asked, String params, int status, String code, List<String> names) {
  private static final Pattern TABLE = Pattern.compile("<!-- table:refused -->\\n((?:\\|.*\\n)+)");
  private static final Pattern WORD = Pattern.compile("`([^`]+)`");
  private static final Pattern CHARACTERS = Pattern.compile("<([0-9]+) characters>");
  private static final Pattern TOOLS = Pattern.compile("\"<([0-9]+) tools>\"");
  private static final int HEADING = 2;

  static List<RefusedRow> all() throws IOException {
    Path document = Path.of(System.getProperty("pyvisor.root")).resolve("docs/PROTOCOL.md");
    Matcher table = TABLE.matcher(Files.readString(document));
    if (!table.find()) {
      throw new AssertionError("PROTOCOL.md has no table of what is refused");
    }
    return table.group(1).lines().skip(HEADING).map(RefusedRow::parse).toList();
  }

  private static RefusedRow parse(String line) {
    String[] cells = line.substring(1, line.length() - 1).split(" \\| ");
    return new RefusedRow(
        plain(cells[0]),
        plain(cells[1]),
        plain(cells[2]),
        Integer.parseInt(cells[3].strip()),
        plain(cells[4]),
        WORD.matcher(cells[5]).results().map(found -> found.group(1)).toList());
  }

  private static String plain(String cell) {
    return cell.strip().replaceAll("^`|`$", "");
  }

  /** Its params for this session and this incarnation. */
  String params(int session, String incarnation) {
    String text =
        params
            .replace("\"<session>\"", Integer.toString(session))
            .replace("<incarnation>", incarnation);
    text = replace(CHARACTERS, text, found -> "x".repeat(Integer.parseInt(found)));
    return replace(TOOLS, text, RefusedRow::tools);
  }

  List<String> names(int session) {
    List<String> found = new ArrayList<>(names);
    found.replaceAll(name -> name.replace("<session>", Integer.toString(session)));
    return found;
  }

  private static String tools(String count) {
    return IntStream.range(0, Integer.parseInt(count))
        .mapToObj("{\"name\":\"t%d\"}"::formatted)
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String replace(Pattern pattern, String text, UnaryOperator<String> with) {
    return pattern.matcher(text).replaceAll((MatchResult found) -> with.apply(found.group(1)));
  }
}
