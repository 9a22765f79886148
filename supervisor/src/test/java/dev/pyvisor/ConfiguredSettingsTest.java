package dev.pyvisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient.Builder;
import dev.pyvisor.config.ConfigFormat;
import dev.pyvisor.config.ConfigKey;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.internal.ClientSettings;
import dev.pyvisor.transport.Trust;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A key does the same in every way that sets it, and nothing of the builder is without a key. */
class ConfiguredSettingsTest {
  /** A key, a value that is not its default, and the call on the builder that does the same. */
  private record Way(String key, String value, Consumer<Builder> call) {}

  private static final List<Way> WAYS =
      List.of(
          new Way("backend", "memory", builder -> builder.backend("memory")),
          new Way("python", "/opt/python3", builder -> builder.python(Path.of("/opt/python3"))),
          new Way("workspace", "work", builder -> builder.workspace(Path.of("work"))),
          new Way("payload", "/opt/runner", builder -> builder.payload(Path.of("/opt/runner"))),
          new Way(
              "inherit-environment",
              "PATH,PYVISOR_NO_SUCH_VARIABLE",
              builder -> builder.inheritEnvironment("PATH")),
          new Way("trusted", "true", Builder::trusted),
          new Way("launcher", "podman", builder -> builder.launcher(Launcher.PODMAN)),
          new Way("image", "python:3", builder -> builder.image("python:3")),
          new Way("container", "desk", builder -> builder.container("desk")),
          new Way("container-options", "--a b", builder -> builder.containerOptions("--a b")),
          new Way("launch-command", "ssh box", builder -> builder.launchCommand("ssh box")),
          new Way(
              "inputs",
              "/a/b.csv, data=d",
              builder -> builder.input(Path.of("/a/b.csv")).input(Path.of("data"), "d")),
          limit("memory-limit", "1GiB", limits -> limits.withMemory(1L << 30)),
          limit("cpu-limit", "7s", limits -> limits.withCpuTime(Duration.ofSeconds(7))),
          limit("process-limit", "7", limits -> limits.withProcesses(7)),
          limit("open-files-limit", "256", limits -> limits.withOpenFiles(256)),
          limit("file-size-limit", "7KiB", limits -> limits.withFileSize(7 << 10)),
          limit("workspace-limit", "7MB", limits -> limits.withWorkspace(7_000_000)),
          new Way("start-timeout", "7s", builder -> builder.startTimeout(Duration.ofSeconds(7))),
          new Way("call-timeout", "7s", builder -> builder.callTimeout(Duration.ofSeconds(7))),
          new Way("cell-timeout", "7s", builder -> builder.cellTimeout(Duration.ofSeconds(7))),
          new Way("cell-timeout", "none", Builder::noCellTimeout),
          new Way("interrupt-grace", "0s", builder -> builder.interruptGrace(Duration.ZERO)),
          new Way("tool-timeout", "7ms", builder -> builder.toolTimeout(Duration.ofMillis(7))),
          new Way("tool-timeout", "none", Builder::noToolTimeout),
          new Way("checkpoint", "never", builder -> builder.checkpoints(CheckpointPolicy.NEVER)),
          new Way("preload", "json,os.path", builder -> builder.preload("json", "os.path")),
          new Way("tool-threads", "3", builder -> builder.toolThreads(3)),
          new Way("python-logging", "INFO", builder -> builder.pythonLogging("INFO")),
          new Way("verbose", "true", builder -> builder.verbose(true)),
          new Way("debug-log", "/l", builder -> builder.debugLog(Path.of("/l"))),
          new Way("evidence-directory", "/e", builder -> builder.evidenceDirectory(Path.of("/e"))),
          new Way("restart", "false", builder -> builder.restart(false)),
          new Way("environment.NAME", "a=b", builder -> builder.environment("NAME", "a=b")),
          new Way(
              "elsewhere.address",
              "there",
              builder -> builder.backendOption("elsewhere.address", "there")),
          new Way(
              "elsewhere.token",
              "s3cret",
              builder -> builder.backendOption("elsewhere.token", "s3cret")));

  private static Way limit(String key, String value, UnaryOperator<ResourceLimits> change) {
    return new Way(key, value, builder -> builder.limits(change));
  }

  /** Methods of the builder that no key stands for, each with the reason. */
  private static final Map<String, String> WITHOUT_KEY =
      Map.of(
          "tool", "a host tool is the program's own code",
          "tools", "a host tool is the program's own code",
          "callbackExecutor", "an executor is an object of the program",
          "configuration", "is what the keys come in by",
          "open", "sets nothing");

  private static final Pattern METHOD = Pattern.compile("(\\w+)\\(");

  @TestFactory
  Stream<DynamicTest> a_key_does_the_same_in_every_way() {
    return WAYS.stream()
        .map(way -> DynamicTest.dynamicTest(way.key + "=" + way.value, () -> same(way)));
  }

  private static void same(Way way) {
    Builder called = SupervisorClient.builder();
    way.call.accept(called);
    ClientSettings expected = called.settings();
    assertThat(expected).as("no default").isNotEqualTo(SupervisorClient.builder().settings());

    String yaml = way.key + ": '" + way.value + "'";
    assertThat(settings(Configuration.parse(yaml, ConfigFormat.YAML, "y"))).isEqualTo(expected);
    String json = "{\"" + way.key + "\": \"" + way.value + "\"}";
    assertThat(settings(Configuration.parse(json, ConfigFormat.JSON, "j"))).isEqualTo(expected);
    Configuration assigned = Configuration.empty().with(way.key + "=" + way.value);
    assertThat(settings(assigned)).isEqualTo(expected);
    String variable = variable(way.key);
    assertThat(settings(Configuration.empty().withEnvironment(Map.of(variable, way.value))))
        .isEqualTo(expected);
  }

  /** As docs/configuration.md says it: capitals, and an underscore for each mark. */
  private static String variable(String key) {
    return "PYVISOR_" + key.toUpperCase().replace('-', '_').replace('.', '_');
  }

  @Test
  void every_key_is_tried_in_every_way() {
    assertThat(WAYS.stream().map(Way::key))
        .containsAll(ConfigKey.all().stream().map(ConfigKey::name).toList());
  }

  @Test
  void a_default_that_is_a_value_is_what_a_builder_begins_with() {
    Set<String> described =
        Set.of(
            "python",
            "workspace",
            "payload",
            "inherit-environment",
            "launcher",
            "image",
            "container",
            "container-options",
            "launch-command",
            "inputs",
            "memory-limit",
            "cpu-limit",
            "process-limit",
            "open-files-limit",
            "file-size-limit",
            "workspace-limit",
            "preload",
            "python-logging",
            "debug-log",
            "evidence-directory",
            "environment.NAME");
    ClientSettings standard = SupervisorClient.builder().settings();
    List<ConfigKey> values =
        ConfigKey.all().stream().filter(key -> !described.contains(key.name())).toList();
    assertThat(values).hasSize(ConfigKey.all().size() - described.size());
    for (ConfigKey key : values) {
      // Another value first: the default has to be set, not merely left alone.
      Builder builder = SupervisorClient.builder();
      WAYS.stream()
          .filter(way -> way.key.equals(key.name()))
          .forEach(way -> way.call.accept(builder));
      if (key.name().equals("backend")) {
        // The class path of this test has no backend of that name.
        assertThat(key.standard()).isEqualTo(standard.backend());
        continue;
      }
      builder.configuration(Configuration.empty().with(key.name() + "=" + key.standard()));
      assertThat(builder.settings()).as(key.name()).isEqualTo(standard);
    }
  }

  @Test
  void what_is_called_after_the_configuration_wins_and_what_was_called_before_does_not() {
    Configuration configuration =
        Configuration.empty()
            .with("cell-timeout=2s", "trusted=false", "environment.A=configured", "preload=json");
    ClientSettings settings =
        SupervisorClient.builder()
            .cellTimeout(Duration.ofSeconds(1))
            .trusted()
            .configuration(configuration)
            .environment("A", "called")
            .preload("os")
            .settings();

    assertThat(settings.cellTimeout()).isEqualTo(TimeLimit.of(Duration.ofSeconds(2)));
    assertThat(settings.trust()).isEqualTo(Trust.NOT_STATED);
    assertThat(settings.environment()).containsEntry("A", "called");
    assertThat(settings.preload()).containsExactly("json", "os");
    assertThat(
            SupervisorClient.builder(configuration)
                .cellTimeout(Duration.ofSeconds(3))
                .settings()
                .cellTimeout())
        .isEqualTo(TimeLimit.of(Duration.ofSeconds(3)));
  }

  @Test
  void a_variable_that_is_set_wins_over_the_same_one_inherited() {
    ClientSettings settings =
        settings(
            Configuration.parse("environment: {PATH: own}", ConfigFormat.YAML, "y")
                .with("inherit-environment=PATH"));

    assertThat(settings.environment()).containsEntry("PATH", "own");
  }

  @Test
  void every_method_of_the_builder_has_a_key_or_a_reason() {
    Set<String> named = new TreeSet<>(Set.of("backendOption"));
    for (ConfigKey key : ConfigKey.all()) {
      METHOD.matcher(key.builder()).results().forEach(method -> named.add(method.group(1)));
    }
    Set<String> offered = new TreeSet<>();
    Arrays.stream(Builder.class.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
        .map(Method::getName)
        .forEach(offered::add);

    List<String> missing = new ArrayList<>(offered);
    missing.removeAll(named);
    assertThat(missing)
        .as("add a key, or a reason why there is none")
        .containsExactlyInAnyOrderElementsOf(WITHOUT_KEY.keySet());
    assertThat(offered).as("methods that keys name").containsAll(named);
  }

  @Test
  void the_variables_of_the_keys_are_told_apart() {
    Map<String, String> names = new HashMap<>();
    ConfigKey.all().forEach(key -> names.put(key.environmentVariable(), key.name()));
    assertThat(names).hasSameSizeAs(ConfigKey.all());
    ConfigKey.all()
        .forEach(key -> assertThat(key.environmentVariable()).isEqualTo(variable(key.name())));
  }

  private static ClientSettings settings(Configuration configuration) {
    return SupervisorClient.builder(configuration).settings();
  }
}
