package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.cli.Command.Result;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes into a command's workspace and comes out of it, and the form of its answer. */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "a command is a JVM and a Python of its own, and one may have 60 s")
class ExecFilesTest {
  private static final String LOOK =
      "import os; print(sorted(os.path.join(d, f) for d, _, fs in os.walk('.') for f in fs))";

  @TempDir Path folder;

  private Result exec(String... arguments) throws Exception {
    return Command.run(
        folder, "", Stream.concat(Stream.of("exec"), Stream.of(arguments)).toArray(String[]::new));
  }

  private Path file(String name, String text) throws Exception {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private void nothing_is_left_but(String... names) throws Exception {
    try (Stream<Path> all = Files.walk(folder)) {
      assertThat(all.filter(Files::isRegularFile).map(path -> folder.relativize(path).toString()))
          .containsExactlyInAnyOrder(names);
    }
  }

  @Test
  void the_example_is_given_a_file_has_a_tool_change_another_and_gives_a_typed_answer()
      throws Exception {
    Path report = folder.resolve("report.txt");
    Result result =
        Command.run(
            "exec",
            "--demo-tools",
            "--put=examples/data/penguins.csv=data/penguins.csv",
            "--answer=examples/report.schema.json",
            "--collect=report.txt=" + report,
            "examples/report.md");
    assertThat(result.out() + Files.readString(report))
        .isEqualTo(Files.readString(Command.ROOT.resolve("examples/report.expected.txt")));
    assertThat(result.err()).startsWith("pyvisor: cell 5 submitted {\"island\":\"Biscoe\",");
    assertThat(result.status()).isZero();
  }

  @Test
  void a_file_and_a_directory_get_their_own_names_or_those_that_are_given() throws Exception {
    file("a=b.txt", "1");
    file("in/x", "2");
    file("in/deep/y", "3");
    Result result =
        exec("--put=a=b.txt=one", "--put=in/", "--put", "in=two/copy", "-c", LOOK, "--collect=in");
    // There is a directory of that name here already.
    assertThat(result.status()).isEqualTo(Failures.USAGE);
    assertThat(result.err()).contains("--collect in: there is a in already; name another with");
    assertThat(result.out()).isEmpty();

    Result renamed =
        exec("--put=a=b.txt=one", "--put=in/", "--put=in=t/c", "-c", LOOK, "--collect=t=out/t");
    assertThat(renamed.err()).isEmpty();
    assertThat(renamed.out())
        .isEqualTo("['./in/deep/y', './in/x', './one', './t/c/deep/y', './t/c/x']\n");
    nothing_is_left_but(
        "a=b.txt", "in/x", "in/deep/y", "out/t/c/x", "out/t/c/deep/y"); // no workspace
  }

  @Test
  void a_named_workspace_is_used_and_keeps_what_was_put() throws Exception {
    file("in.csv", "1");
    Files.createDirectory(folder.resolve("there"));
    Result result = exec("--workspace=there", "--put=in.csv", "-c", LOOK);
    assertThat(result.out()).isEqualTo("['./in.csv']\n");
    nothing_is_left_but("in.csv", "there/in.csv");

    Result again = exec("--workspace=there", "--put=in.csv", "-c", LOOK);
    assertThat(again.status()).isEqualTo(Failures.SOME_CELL_FAILED);
    assertThat(again.err()).contains("--put in.csv: ").contains("in.csv");
    assertThat(again.out()).as("no cell is run without what it needs").isEmpty();
  }

  @Test
  void what_cells_left_is_collected_also_after_one_that_failed_and_beside_what_is_missing()
      throws Exception {
    Result result =
        exec(
            "--stop-on-error",
            "-c=open('out', 'w').write('so far'); 1/0",
            "-c=open('out', 'w').write('never')",
            "--collect=missing",
            "--collect=out");
    assertThat(result.status()).isEqualTo(Failures.SOME_CELL_FAILED);
    assertThat(folder.resolve("out")).hasContent("so far");
    assertThat(result.err()).contains("ZeroDivisionError").contains("pyvisor: --collect missing: ");
    nothing_is_left_but("out");
  }

  @Test
  void a_file_that_cannot_be_collected_is_no_success() throws Exception {
    Result result = exec("-c=print(1)", "--collect=missing");
    assertThat(result.out()).isEqualTo("1\n");
    assertThat(result.status()).isEqualTo(Failures.SOME_CELL_FAILED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--put=nowhere|--put nowhere: there is no nowhere",
        "--put==x|--put '=x' lacks a name; write what to copy, and after = where to",
        "--put=in=|--put 'in=' lacks a name",
        "--collect=/|--collect '/' lacks a name",
        "--collect=out=in|--collect out=in: there is a in already",
        "--answer=nowhere|nowhere: no such file",
        "--answer=in|--answer in: ",
      })
  void what_cannot_go_well_is_refused_before_anything_is_started(String given) throws Exception {
    file("in", "no schema");
    String[] parts = given.split("\\|");
    Result result = exec(parts[0], "-c=print(1)");
    assertThat(result.status()).isEqualTo(Failures.USAGE);
    assertThat(result.err()).contains(parts[1]);
    assertThat(result.out()).isEmpty();
  }

  @Test
  void an_answer_that_does_not_fit_its_schema_is_an_error_of_its_cell() throws Exception {
    file("form", "{\"type\": \"object\", \"properties\": {\"n\": {\"type\": \"integer\"}}}");
    Result result = exec("--answer=form", "-c=SUBMIT(n='seven')", "-c=SUBMIT(n=7)");
    assertThat(result.err())
        .contains("n: has to be an integer, and is the string 'seven'")
        .contains("pyvisor: cell 2 submitted {\"n\":7}");
    assertThat(result.status()).isEqualTo(Failures.SOME_CELL_FAILED);
  }

  @Test
  void a_copy_that_takes_long_says_now_and_then_how_far_it_has_come() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    long[] nanos = {Long.MAX_VALUE - 5};
    CopyProgress progress =
        new CopyProgress(
            "--put big", new PrintStream(err, true, StandardCharsets.UTF_8), () -> nanos[0]);
    progress.onProgress("", 1 << 20, 9 << 20);
    nanos[0] += 2_000_000_000L;
    progress.onProgress("", 2 << 20, 9 << 20);
    nanos[0] += 1_000_000_000L;
    progress.onProgress("", 3 << 20, 9 << 20);
    nanos[0] += 1_000_000_000L;
    progress.onProgress("", 4 << 20, 9 << 20);
    assertThat(err.toString(StandardCharsets.UTF_8))
        .isEqualTo("pyvisor: --put big: 2 of 9 MiB\npyvisor: --put big: 4 of 9 MiB\n");
  }
}
