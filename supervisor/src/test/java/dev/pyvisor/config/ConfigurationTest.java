package dev.pyvisor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The layers: which one wins, where a value was written, and what is told of errors. */
class ConfigurationTest {
  private static final Configuration DOCUMENT =
      Configuration.parse("cell-timeout: 1s\ncall-timeout: 1s\n", ConfigFormat.YAML, "agent.yaml");
  private static final Map<String, String> VARIABLES =
      Map.of("PYVISOR_CELL_TIMEOUT", "2s", "PYVISOR_START_TIMEOUT", "2s", "HOME", "/root");
  private static final String[] ASSIGNMENTS = {"cell-timeout=3s", "tool-timeout=3s"};

  @Test
  void an_assignment_wins_over_the_environment_and_that_over_the_document() {
    Configuration all = DOCUMENT.withEnvironment(VARIABLES).with(ASSIGNMENTS);

    assertThat(shown(all))
        .containsEntry("cell-timeout", "3s (--set)")
        .containsEntry("tool-timeout", "3s (--set)")
        .containsEntry("start-timeout", "2s (environment variable PYVISOR_START_TIMEOUT)")
        .containsEntry("call-timeout", "1s (agent.yaml line 2)")
        .containsEntry("interrupt-grace", "2s (default)");
    assertThat(all.settings()).hasSize(4);
    assertThat(all.effective()).hasSize(FixedKeys.ALL.size());
  }

  @Test
  void the_order_in_which_the_layers_are_read_does_not_matter() {
    assertThat(shown(DOCUMENT.with(ASSIGNMENTS).withEnvironment(VARIABLES)))
        .isEqualTo(shown(DOCUMENT.withEnvironment(VARIABLES).with(ASSIGNMENTS)));
  }

  @Test
  void of_two_assignments_to_a_key_the_later_one_wins() {
    assertThat(Configuration.empty().with("restart=true", "restart=false"))
        .isEqualTo(Configuration.empty().with("restart=true").with("restart=false"))
        .isEqualTo(Configuration.empty().with("restart=false"))
        .isNotEqualTo(Configuration.empty().with("restart=true"));
  }

  @Test
  void a_layer_changes_nothing_in_the_configuration_that_it_is_laid_on() {
    Configuration before = Configuration.empty();
    before.with("restart=false");
    before.withEnvironment(VARIABLES);

    assertThat(before.settings()).isEmpty();
  }

  @Test
  void a_list_replaces_the_one_below_it_and_variables_for_cells_are_set_one_by_one() {
    Configuration both =
        Configuration.parse(
                "preload: [numpy, pandas]\nenvironment: {A: a, B: b}", ConfigFormat.YAML, "x")
            .withEnvironment(Map.of("PYVISOR_PRELOAD", "json", "PYVISOR_ENVIRONMENT_B", "c"));

    assertThat(both)
        .isEqualTo(
            Configuration.empty().with("preload=json", "environment.A=a", "environment.B=c"));
  }

  @Test
  void the_name_of_a_variable_for_cells_keeps_its_case() {
    assertThat(
            shown(
                Configuration.empty().withEnvironment(Map.of("PYVISOR_ENVIRONMENT_no_proxy", ""))))
        .containsKey("environment.no_proxy");
  }

  @Test
  void what_begins_like_a_key_in_the_environment_and_is_none_is_refused_by_the_nearest_name() {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class,
            () ->
                Configuration.empty()
                    .withEnvironment(
                        Map.of(
                            "PYVISOR_CEL_TIMEOUT", "s3cret",
                            "PYVISOR_JAVA_OPT", "s3cret",
                            "PYVISOR_ELSEWHERE_ADRESS", "s3cret",
                            "PYVISOR_ENVIRONMENT_", "s3cret",
                            "PYVISOR_XYZZY", "s3cret")));

    assertThat(refused.problems())
        .satisfiesExactly(
            one ->
                assertThat(one)
                    .isEqualTo(
                        "environment variable PYVISOR_CEL_TIMEOUT: is no key; did you mean"
                            + " 'PYVISOR_CELL_TIMEOUT'?"),
            one -> assertThat(one).contains("did you mean 'PYVISOR_ELSEWHERE_ADDRESS'?"),
            one -> assertThat(one).contains("PYVISOR_ENVIRONMENT_: is no key"),
            one -> assertThat(one).contains("did you mean 'PYVISOR_JAVA_OPTS'?"),
            one -> assertThat(one).contains("take one of PYVISOR_BACKEND, PYVISOR_PYTHON"));
    assertThat(refused).hasMessageNotContaining("s3cret");
  }

  @Test
  void the_variables_that_are_ours_and_no_keys_are_left_alone() {
    Map<String, String> ours = new TreeMap<>(Map.of("PATH", "/bin", "pyvisor_backend", "x"));
    EnvironmentLayer.OTHERS.forEach(name -> ours.put(name, "7"));

    assertThat(Configuration.empty().withEnvironment(ours)).isEqualTo(Configuration.empty());
    // One name for two things would make a key of what a runner's processes are told by.
    assertThat(EnvironmentLayer.OTHERS)
        .doesNotContainAnyElementsOf(
            ConfigKey.all().stream().map(ConfigKey::environmentVariable).toList());
  }

  @Test
  void unknown_keys_are_refused_by_the_nearest_name() {
    assertThat(problem("cel-timeout=1s"))
        .isEqualTo("--set: unknown key 'cel-timeout'; did you mean 'cell-timeout'?");
    assertThat(problem("cellTimeout=1s")).contains("did you mean 'cell-timeout'?");
    assertThat(problem("PREFIX=1s")).contains("; the keys are backend, python, workspace");
    assertThat(problem("timeout=1s"))
        .contains("did you mean 'start-timeout' or 'call-timeout' or 'cell-timeout' or 'tool-t");
    assertThat(problem("cell.timeout=1s")).contains("did you mean 'cell-timeout'?");
    assertThat(problem("enviroment.API=s3cret")).contains("did you mean 'environment.API'?");
    assertThat(problem("environment=s3cret"))
        .contains("'environment' takes a map of names and values, or write environment.NAME");
    assertThat(problem("elsewhere.adress=s3cret")).contains("did you mean 'elsewhere.address'?");
    assertThat(problem("elsewhere.zzz=s3cret"))
        .contains("the backend elsewhere takes elsewhere.address, elsewhere.token");
    assertThat(problem("memory.zzz=s3cret")).contains("the backend memory takes no options");
    assertThat(problem("carrier-pigeon.food=s3cret"))
        .contains("no backend 'carrier-pigeon' is on the class path; those there: ")
        .contains("memory")
        .contains("elsewhere");
  }

  @Test
  void options_of_a_backend_that_is_not_chosen_are_held_against_what_it_takes() {
    assertThat(Configuration.empty().with("backend=memory", "elsewhere.address=there").settings())
        .hasSize(2);
    assertThat(problem("elsewhere.adress=there")).contains("elsewhere.address");
  }

  @Test
  void what_is_no_assignment_is_refused_and_shows_no_more_than_a_key() {
    assertThat(problem("restart")).isEqualTo("--set: 'restart' has no value; write restart=VALUE");
    assertThat(problem("elsewhere.token:s3cret")).contains("write elsewhere.token=VALUE");
    assertThat(problem("=s3cret")).isEqualTo("--set: an assignment has no key; write KEY=VALUE");
    assertThat(problem("")).contains("write KEY=VALUE");
  }

  @Test
  void all_that_is_wrong_is_told_at_once() {
    assertThatThrownBy(
            () -> Configuration.empty().with("restart=no", "tool-threads=0", "nonesuch=1"))
        .isInstanceOf(ConfigurationException.class)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("the configuration is refused:\n  --set: restart: 'no'")
        .hasMessageContaining("\n  --set: tool-threads: '0'")
        .hasMessageContaining("\n  --set: unknown key 'nonesuch'");
  }

  @Test
  void secret_values_are_nowhere_to_be_read() {
    Configuration secrets =
        Configuration.empty().with("elsewhere.token=s3cret", "environment.API_KEY=s3cret");

    assertThat(secrets.toString())
        .isEqualTo(
            "Configuration[elsewhere.token=(not shown) (--set),"
                + " environment.API_KEY=(not shown) (--set)]");
    assertThat(secrets.effective().toString()).doesNotContain("s3cret");
    assertThat(secrets).isNotEqualTo(Configuration.empty().with("elsewhere.token=other"));
  }

  private static String problem(String assignment) {
    ConfigurationException refused =
        catchThrowableOfType(
            ConfigurationException.class, () -> Configuration.empty().with(assignment));
    assertThat(refused.problems()).hasSize(1);
    assertThat(refused).hasMessageNotContaining("s3cret");
    return refused.problems().get(0);
  }

  private static Map<String, String> shown(Configuration configuration) {
    List<Setting> all = configuration.effective();
    return all.stream()
        .collect(
            Collectors.toMap(Setting::key, one -> one.value() + " (" + one.origin().place() + ")"));
  }
}
