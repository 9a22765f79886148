package dev.pyvisor.bench.evidence;

import dev.pyvisor.bench.BenchOptions;
import dev.pyvisor.bench.BenchSuite;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/** The work behind {@code pyvisor bench evidence}: writes {@code docs/evidence.md}. */
public final class EvidencePage {
  private static final String HEAD =
      """
      # Evidence

      What the tests have measured, and where. Written by `./pyvisor bench evidence` from what the last test run left
      in `*/target/test-evidence`, and from a benchmark that the command runs itself. Do not edit.

      "count" is how often a thing was done in that run, in brackets how often the design asks for; `mvn -Pproof verify` and
      `mvn -Pfull verify` do it more often than `mvn verify` (see [CONTRIBUTING](../CONTRIBUTING.md)). Rule ids are those of
      [PROTOCOL.md](PROTOCOL.md); the others are named in the tests. What was run at the design's counts, or for hours, and is
      not repeated for each change, stands in [evidence](evidence), each with its command and date.

      | item | shown by | figure | count | command | machine | date | seed |
      | --- | --- | --- | --- | --- | --- | --- | --- |
      """;

  private EvidencePage() {}

  /**
   * Gathers the evidence below {@code root}, measures, and writes the page.
   *
   * @param root the project's folder
   * @param bench what to measure for the page
   * @return the file that was written
   * @throws IllegalArgumentException when there is no project, or no test has left evidence
   */
  public static Path write(Path root, BenchOptions bench) throws IOException, InterruptedException {
    Path docs = root.resolve("docs");
    if (!Files.isDirectory(docs) || !Files.isRegularFile(root.resolve("pom.xml"))) {
      throw new IllegalArgumentException(
          root.toAbsolutePath().normalize() + " is not this project's folder; name it with --root");
    }
    List<EvidenceItem> items = EvidenceFiles.below(root);
    if (items.isEmpty()) {
      throw new IllegalArgumentException("no test has left evidence; run: mvn verify");
    }
    Path page = docs.resolve("evidence.md");
    Files.writeString(page, of(items) + benchmark(bench), StandardCharsets.UTF_8);
    return page;
  }

  static String of(List<EvidenceItem> items) {
    StringBuilder page = new StringBuilder(HEAD);
    for (EvidenceItem item : items) {
      page.append("| ")
          .append(
              String.join(
                  " | ",
                  cell(item.item()),
                  cell(item.test() + (item.rules().isEmpty() ? "" : ": " + item.rules())),
                  cell(item.figure()),
                  item.count() + " (" + item.designCount() + ")",
                  "`" + item.command() + "`",
                  cell(item.machine()),
                  item.date(),
                  item.seed()))
          .append(" |\n");
    }
    return page.toString();
  }

  private static String benchmark(BenchOptions options) throws IOException, InterruptedException {
    ByteArrayOutputStream table = new ByteArrayOutputStream();
    BenchSuite.run(options, new PrintStream(table, true, StandardCharsets.UTF_8));
    return "\n## Beside other ways\n\n`./pyvisor bench --rounds "
        + options.rounds()
        + "`, "
        + LocalDate.now(ZoneOffset.UTC)
        + ":\n\n```\n"
        + table.toString(StandardCharsets.UTF_8)
        + "```\n";
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("\\s+", " ");
  }
}
