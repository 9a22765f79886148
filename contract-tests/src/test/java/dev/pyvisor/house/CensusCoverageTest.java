package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Nothing escapes the census: a test that opens a client has one around it, and a time limit. */
class CensusCoverageTest {
  private static final String GUARDED = "@ExtendWith({Census.class, HangReport.class})\n";
  private static final String OPENS =
      "class %s { void it() { SupervisorClient.builder().open(); } }";

  @Test
  void every_test_that_opens_a_client_is_under_census_and_limit() {
    Map<String, String> sources = new TreeMap<>();
    Sources.files(".java").stream()
        // Projects of their own, as users write theirs.
        .filter(file -> !Sources.relative(file).startsWith("examples/"))
        .forEach(file -> sources.put(Sources.relative(file), Sources.read(file)));
    Guards guards = new Guards(sources);

    assertThat(guards.opening())
        .contains(
            "contract-tests WebsocketCutsTest",
            "contract-tests WebsocketTest",
            "cli ExecCommandTest",
            "integrations/mcp FileToolsTest",
            "transports/pipe LaunchTest",
            "supervisor SuccessionTest");
    assertThat(guards.unguarded()).isEmpty();
  }

  @Test
  void a_test_that_is_not_is_found() {
    assertThat(unguarded("m", Map.of("ATest", OPENS.formatted("ATest"))))
        .containsExactly("m ATest");
    assertThat(unguarded("m", Map.of("ATest", GUARDED + OPENS.formatted("ATest")))).isEmpty();
    assertThat(unguarded("m", Map.of("ATest", "// " + GUARDED + OPENS.formatted("ATest"))))
        .containsExactly("m ATest");
    assertThat(unguarded("m", Map.of("ATest", "class ATest { void it() { Main.run(); } }")))
        .containsExactly("m ATest");
    assertThat(unguarded("m", Map.of("ATest", "class ATest { String it = \"Main.run()\"; }")))
        .isEmpty();
  }

  @Test
  void a_test_that_opens_one_by_another_type_is_found() {
    Map<String, String> sources = new TreeMap<>();
    sources.put("ATest", "class ATest { Kit kit = new Kit(); }");
    sources.put("Kit", OPENS.formatted("Kit"));
    assertThat(unguarded("m", sources)).containsExactly("m ATest");
    // What the other type is under does not help.
    sources.put("Kit", GUARDED + OPENS.formatted("Kit"));
    assertThat(unguarded("m", sources)).containsExactly("m ATest");
    sources.put("ATest", "class ATest extends Kit {}");
    assertThat(unguarded("m", sources)).isEmpty();
    sources.put("ATest", "class ATest extends Base implements Runnable {}");
    sources.put("Base", "class Base extends Kit {}");
    assertThat(unguarded("m", sources)).isEmpty();
  }

  @Test
  void below_the_contract_suite_a_census_of_their_own_and_a_timeout_do() {
    String own = "@ExtendWith(Census.class)\n";
    String both = "@Timeout(20)\n" + own;
    assertThat(unguarded("supervisor", Map.of("ATest", both + OPENS.formatted("ATest")))).isEmpty();
    assertThat(unguarded("supervisor", Map.of("ATest", own + OPENS.formatted("ATest"))))
        .containsExactly("supervisor ATest");
    assertThat(unguarded("cli", Map.of("ATest", both + OPENS.formatted("ATest"))))
        .containsExactly("cli ATest");
  }

  private static Iterable<String> unguarded(String module, Map<String, String> types) {
    Map<String, String> sources = new TreeMap<>();
    types.forEach((name, text) -> sources.put(module + "/src/test/java/p/" + name + ".java", text));
    return new Guards(sources).unguarded();
  }
}
