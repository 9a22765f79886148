package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each example of Java on a page compiles, with what {@code house/Around.java.txt} has its reader
 * have already. Those that are marked as snippets are code of the project and are also run: {@link
 * ReadmeTest}.
 */
class PageExamplesTest {
  private static final Pattern BLOCK =
      Pattern.compile("(<!-- snippet: \\S+ -->\\s*)?```java\\n(.*?)```", Pattern.DOTALL);

  /** An example shows statements, or members of a class, or an expression. */
  private static final List<String> SHAPES =
      List.of("void example() throws Exception {\n%s\n}", "%s", "Object example() { return %s; }");

  private static final JavaCompiler COMPILER = ToolProvider.getSystemJavaCompiler();

  /** One for all: to open the class path costs more than to compile an example. */
  private static final StandardJavaFileManager FILES =
      COMPILER.getStandardFileManager(null, null, null);

  @TempDir Path classes;

  @AfterAll
  static void close() throws IOException {
    FILES.close();
  }

  @TestFactory
  List<DynamicTest> compiles() {
    List<DynamicTest> tests = new ArrayList<>();
    examples()
        .forEach((place, code) -> tests.add(DynamicTest.dynamicTest(place, () -> check(code))));
    assertThat(tests).hasSizeGreaterThan(10);
    return tests;
  }

  @Test
  void one_that_names_what_there_is_not_is_noticed() {
    assertThat(problems("SupervisorClient.builder().open()")).isEmpty();
    assertThat(problems("SupervisorClient.builder().launcher(Launcher.bubblewrap()).open()"))
        .hasSize(SHAPES.size())
        .last()
        .asString()
        .contains("bubblewrap()");
  }

  /** By the page and the line that each begins in. */
  private static Map<String, String> examples() {
    Map<String, String> found = new LinkedHashMap<>();
    for (Path page : Sources.files(".md")) {
      String text = Sources.read(page);
      for (Matcher block = BLOCK.matcher(text); block.find(); ) {
        if (block.group(1) == null) {
          long line = text.substring(0, block.start(2)).lines().count() + 1;
          found.put(Sources.relative(page) + ":" + line, block.group(2));
        }
      }
    }
    return found;
  }

  private void check(String code) {
    List<String> problems = problems(code);
    assertThat(problems).as(String.join("\n", problems)).isEmpty();
  }

  /** What the compiler says of the example in each shape; nothing where it has one of them. */
  private List<String> problems(String code) {
    List<String> problems = new ArrayList<>();
    String whole = code.strip().replace("{ ... }", "{ throw new AssertionError(); }");
    for (String shape : SHAPES) {
      String problem = compile(String.format(shape, whole));
      if (problem.isEmpty()) {
        return List.of();
      }
      problems.add(problem);
    }
    return problems;
  }

  private String compile(String members) {
    String source = around() + "\nabstract class Example extends Around {\n" + members + "\n}\n";
    StringWriter said = new StringWriter();
    List<String> options =
        List.of(
            "-proc:none", "-cp", System.getProperty("java.class.path"), "-d", classes.toString());
    boolean compiled =
        COMPILER.getTask(said, FILES, null, options, null, List.of(new Source(source))).call();
    return compiled ? "" : said.toString();
  }

  private static String around() {
    return Sources.text("contract-tests/src/test/resources/house/Around.java.txt");
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String text) {
      super(URI.create("string:///Example.java"), JavaFileObject.Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
