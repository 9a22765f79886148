package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.TransportConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.io.JsonStringEncoder;

/**
 * What an engine is told for a container that is kept; the engine is a program that writes it down.
 */
@DisplayNameGeneration(ReplaceUnderscores.class)
class KeptContainerTest {
  private static final ContainerUser USER = new ContainerUser(61_000, 61_000, true);

  @TempDir Path folder;
  private Engine engine;
  private KeptFolder kept;

  @BeforeEach
  void an_engine_that_knows_no_container() throws IOException {
    Path program = folder.resolve("engine");
    Files.writeString(
        program,
        """
        #!/bin/sh
        cd "%s" || exit 1
        echo "$*" | tr '\\n' ' ' >> told
        echo >> told
        case "$1 $2" in
          "container inspect")
            if [ -f state ]; then cat state; else echo "Error: no such container" >&2; exit 125; fi;;
          "image inspect") echo 1234;;
          "rm --force") rm -f state sick;;
          "exec --env") [ ! -f sick ] || { echo "it is sick" >&2; exit 255; };;
          "stop --time") [ ! -f stuck ] || { echo "it will not stop" >&2; exit 125; };;
          "start desk") [ ! -f broken ] || { rm broken; echo "it is broken" >&2; exit 125; };;
        esac
        """
            .formatted(folder));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    engine = new Engine(Launcher.PODMAN, program.toString());
    kept = new KeptFolder(Launcher.PODMAN, "desk", folder.resolve("all/podman/desk"));
    Files.createDirectory(folder.resolve("pyvisor-private"));
  }

  private TransportConfig config(ResourceLimits limits) {
    Sandbox sandbox =
        new Sandbox(
            Optional.of(Launcher.PODMAN),
            Optional.of("box"),
            Optional.empty(),
            Optional.empty(),
            limits);
    return Configs.of(folder.resolve("pyvisor-private"), Optional.empty(), sandbox.keptAs("desk"));
  }

  private LaunchPlan plan(TransportConfig config) {
    return new KeptContainer(engine, kept)
        .plan(
            new RunnerStart(config, List.of("supervisor"), Map.of(), folder, Optional.empty()),
            "box",
            USER);
  }

  private LaunchPlan plan() {
    return plan(config(ResourceLimits.none()));
  }

  /** The verbs that the engine was told since the last time. */
  private List<String> verbs() throws IOException {
    Path told = folder.resolve("told");
    List<String> verbs = Files.readAllLines(told).stream().map(line -> line.split(" ")[0]).toList();
    Files.delete(told);
    return verbs;
  }

  /** There is a container that was made like this. */
  private void container(String status, String owner, TransportConfig config) throws IOException {
    Map<String, String> facts = KeptRecipe.of(engine, kept, config, "box", "1234", USER).facts();
    StringBuilder state = new StringBuilder(quoted(status)).append(quoted(owner));
    KeptRecipe.NAMED.forEach(fact -> state.append(quoted(facts.get(fact))));
    state.append(quoted(facts.get(KeptRecipe.DIGEST)));
    Files.writeString(folder.resolve("state"), state);
  }

  private static String quoted(String text) {
    return '"' + new String(JsonStringEncoder.getInstance().quoteAsCharArray(text)) + "\"\n";
  }

  @Test
  void one_that_is_missing_is_made_with_all_that_every_container_has_and_then_swept()
      throws IOException {
    LaunchPlan plan = plan();
    String run = Files.readAllLines(folder.resolve("told")).get(2).strip();
    assertThat(run).startsWith("run --detach --name desk ");
    assertThat(run).contains(ContainerOptions.sealed(Launcher.PODMAN, USER));
    assertThat(run)
        .contains("--pids-limit=512")
        .contains("--label dev.pyvisor.container=desk")
        .endsWith("--entrypoint python3 box -I -S /pyvisor-runner idle");
    assertThat(verbs()).containsExactly("container", "image", "run", "exec");
    assertThat(plan.command()).startsWith(folder.resolve("engine").toString(), "exec");
    assertThat(plan.command())
        .endsWith("desk", "python3", "-I", "-S", "/pyvisor-runner", "supervisor");
    assertThat(Files.readString(kept.holder())).isEqualTo("r1");
  }

  @Test
  void one_that_runs_is_used_again_and_no_command_makes_or_starts_one() throws IOException {
    container("running", "desk", config(ResourceLimits.none()));
    plan();
    plan();
    assertThat(verbs()).containsExactly("container", "image", "exec", "container", "image", "exec");
  }

  @Test
  void one_that_is_stopped_is_started_first() throws IOException {
    container("exited", "desk", config(ResourceLimits.none()));
    plan();
    assertThat(verbs()).containsExactly("container", "image", "start", "exec");
  }

  @Test
  void one_that_cannot_be_started_or_in_which_nothing_runs_is_removed_and_made_anew()
      throws IOException {
    container("exited", "desk", config(ResourceLimits.none()));
    Files.createFile(folder.resolve("broken"));
    plan();
    assertThat(verbs()).containsExactly("container", "image", "start", "rm", "run", "exec");
    container("running", "desk", config(ResourceLimits.none()));
    Files.createFile(folder.resolve("sick"));
    plan();
    assertThat(verbs()).containsExactly("container", "image", "exec", "rm", "run", "exec");
  }

  @Test
  void without_a_name_no_container_is_asked_for_and_none_is_made_to_stay() throws IOException {
    Sandbox sandbox =
        new Sandbox(
            Optional.of(Launcher.PODMAN),
            Optional.of("box"),
            Optional.empty(),
            Optional.empty(),
            ResourceLimits.none());
    TransportConfig config =
        Configs.of(folder.resolve("pyvisor-private"), Optional.empty(), sandbox);
    LaunchPlan plan =
        new ContainerLauncher(engine)
            .plan(
                new RunnerStart(config, List.of("supervisor"), Map.of(), folder, Optional.empty()));
    assertThat(verbs()).containsExactly("info", "image");
    assertThat(plan.command()).contains("run", "--rm").doesNotContain("--detach");
    assertThat(kept.path()).doesNotExist();
  }

  @Test
  void one_that_is_not_ours_is_refused_and_nothing_is_done_to_it() throws IOException {
    container("running", "", config(ResourceLimits.none()));
    assertThatThrownBy(this::plan)
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("there is a container 'desk' that Pyvisor has not made");
    assertThatThrownBy(() -> KeptContainers.destroy(engine, kept))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'desk' is not one that Pyvisor has made");
    assertThatThrownBy(() -> KeptContainers.stop(engine, kept))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("'desk' is not one that Pyvisor has made");
    assertThat(verbs()).containsOnly("container");
    assertThat(kept.path()).doesNotExist();
  }

  @Test
  void one_that_was_made_otherwise_is_refused_by_what_differs() throws IOException {
    container("running", "desk", config(ResourceLimits.none().withProcesses(9)));
    assertThatThrownBy(this::plan)
        .hasMessageContaining("limits was '--pids-limit=9' and is now '--pids-limit=512'")
        .hasMessageNotContaining("image was");
    assertThat(verbs()).containsExactly("container", "image");
  }

  @Test
  void an_engine_that_does_not_say_is_told_and_takes_nothing_away() throws IOException {
    Files.writeString(folder.resolve("state"), "\"running\"\n");
    assertThatThrownBy(this::plan)
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("container inspect says only");
    assertThat(verbs()).containsExactly("container");
  }

  @Test
  void one_that_runs_is_stopped_by_one_command_and_any_other_by_none() throws IOException {
    for (String status : List.of("running", "paused", "stopping")) {
      container(status, "desk", config(ResourceLimits.none()));
      KeptContainers.stop(engine, kept);
      assertThat(verbs()).as(status).endsWith("container", "stop");
    }
    for (String status : List.of("exited", "created")) {
      container(status, "desk", config(ResourceLimits.none()));
      KeptContainers.stop(engine, kept);
      assertThat(verbs()).as(status).endsWith("container");
    }
    Files.delete(folder.resolve("state"));
    KeptContainers.stop(engine, kept);
    assertThat(verbs()).containsExactly("container");
  }

  @Test
  void an_engine_that_cannot_stop_it_is_told_with_its_words() throws IOException {
    container("running", "desk", config(ResourceLimits.none()));
    Files.createFile(folder.resolve("stuck"));
    assertThatThrownBy(() -> KeptContainers.stop(engine, kept))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("podman stop: ")
        .hasMessageContaining("it will not stop");
    Files.delete(folder.resolve("stuck"));
    assertThatCode(() -> KeptContainers.stop(engine, kept)).doesNotThrowAnyException();
  }

  @Test
  void one_that_is_destroyed_takes_its_files_along_and_none_is_no_error() throws IOException {
    plan();
    container("running", "desk", config(ResourceLimits.none()));
    Files.writeString(kept.files().resolve("note"), "kept");
    Files.createSymbolicLink(kept.files().resolve("link"), folder.resolve("engine"));
    KeptContainers.destroy(engine, kept);
    assertThat(verbs()).endsWith("container", "rm");
    assertThat(kept.path()).doesNotExist();
    assertThat(folder.resolve("engine")).exists();
    assertThatCode(() -> KeptContainers.destroy(engine, kept)).doesNotThrowAnyException();
    assertThat(verbs()).containsExactly("container");
  }

  @Test
  void a_name_that_engines_would_not_take_or_would_read_as_an_option_is_none() {
    for (String name : List.of("", "a", "-a", ".a", "a b", "a/b", "..", "a\n", "x".repeat(64))) {
      assertThatThrownBy(() -> KeptFolder.checked(name))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("container '" + name + "' is no name for a container");
    }
    assertThat(KeptFolder.checked("a-b_c.D9")).isEqualTo("a-b_c.D9");
  }
}
