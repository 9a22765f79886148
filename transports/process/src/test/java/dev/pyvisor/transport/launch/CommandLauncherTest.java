package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Sandbox;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class CommandLauncherTest {
  /** A folder whose name a shell would take apart, and run a part of. */
  private static final Path FOLDER = Path.of("/tmp/a b; $(touch x) 'c");

  private static LaunchPlan plan(Optional<String> line, ResourceLimits limits, boolean listens) {
    Sandbox sandbox =
        new Sandbox(
            Optional.of(Launcher.COMMAND), Optional.empty(), Optional.empty(), line, limits);
    return new CommandLauncher()
        .plan(
            new RunnerStart(
                Configs.of(FOLDER, Optional.of(Path.of("/usr/bin/env")), sandbox),
                List.of("supervisor"),
                Map.of("LANG", "C"),
                FOLDER,
                listens ? Optional.of(FOLDER.resolve("token")) : Optional.empty()));
  }

  private static List<String> words(String line) {
    return plan(Optional.of(line), ResourceLimits.none(), false).command();
  }

  @Test
  void what_stands_for_something_is_replaced_and_stays_one_word() {
    assertThat(words("ssh -T box 'python 3' -I ${arguments} --at=${directory} ${id} x${id}${id}"))
        .containsExactly(
            "ssh", "-T", "box", "python 3", "-I", "supervisor", "--at=" + FOLDER, "r1", "xr1r1");
    assertThat(words("srun ${python} ${arguments} ${workspace}"))
        .containsExactly("srun", "/usr/bin/env", "supervisor", FOLDER.toString());
  }

  @Test
  void a_value_that_looks_like_a_name_is_not_replaced_again() {
    assertThat(words("sh '$id ${id} $(id)' ${arguments}"))
        .containsExactly("sh", "$id r1 $(id)", "supervisor");
  }

  @Test
  void its_environment_is_the_short_one() {
    LaunchPlan plan = plan(Optional.of("ssh ${arguments}"), ResourceLimits.none(), false);
    assertThat(plan.environment()).isEqualTo(Map.of("LANG", "C"));
    assertThat(plan.remains().will()).as("the runner sees no host").isPresent();
  }

  @Test
  void what_cannot_be_done_is_refused_with_what_to_write_instead() {
    refused(() -> plan(Optional.empty(), ResourceLimits.none(), false), "needs launch-command");
    refused(() -> words("ssh box runner.pyz"), "has no word ${arguments}");
    refused(() -> words("ssh box x${arguments}"), "'${arguments}' stands for nothing");
    refused(
        () -> words("ssh ${argument} ${arguments}"),
        "'${argument}' stands for nothing; there are ${arguments} as a word of its own, and"
            + " ${directory}, ${id}, ${python}, ${runner}, ${workspace}");
    refused(() -> words("ssh 'box ${arguments}"), "is no command line");
    refused(
        () -> plan(Optional.of("ssh ${arguments}"), ResourceLimits.none(), true),
        "there is the backend pipe; a runner that listens elsewhere is reached by websocket.url");
    ResourceLimits limits = ResourceLimits.none().withFileSize(1);
    refused(() -> plan(Optional.of("ssh ${arguments}"), limits, false), "limits are not enforced");
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(LaunchFailed.class).hasMessageContaining(message);
  }
}
