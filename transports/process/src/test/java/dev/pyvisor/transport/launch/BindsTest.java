package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.transport.Input;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class BindsTest {
  @TempDir Path folder;
  private Path secret;
  private Path work;

  @BeforeEach
  void make() throws IOException {
    folder = folder.toRealPath();
    secret = Files.createDirectories(folder.resolve("private"));
    work = Files.createDirectories(folder.resolve("work"));
  }

  private Binds binds() {
    return new Binds("r1", secret);
  }

  @Test
  void a_folder_comes_before_what_is_in_it() throws IOException {
    Path venv = Files.createDirectories(work.resolve(".venv"));
    Binds binds = binds();
    binds.readOnly("the interpreter's folder", venv);
    binds.writable("the workspace", work);
    assertThat(binds.options())
        .isEqualTo(
            List.of(
                "--bind",
                work.toString(),
                work.toString(),
                "--ro-bind",
                venv.toString(),
                venv.toString()));
  }

  @Test
  void what_is_seen_already_is_not_shown_again() throws IOException {
    Binds binds = binds();
    binds.readOnly("the interpreter's folder", Path.of("/usr/lib/python3"));
    binds.readOnly("the interpreter's folder", work);
    binds.readOnly("the interpreter's folder", work.resolve("bin/python3"));
    assertThat(binds.options()).hasSize(3);
  }

  @Test
  void code_never_writes_to_what_this_process_runs() throws IOException {
    Path inside = Files.createDirectories(work.resolve("lib"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), inside);
    for (Path workspace : List.of(work, inside, link)) {
      Binds binds = binds();
      binds.readOnly("the interpreter's folder", work);
      assertThatThrownBy(() -> binds.writable("the workspace", workspace))
          .isInstanceOf(LaunchFailed.class)
          .hasMessageContaining(workspace.toString())
          .hasMessageContaining("a part of the interpreter");
    }
    assertThatThrownBy(() -> binds().writable("the workspace", Path.of("/usr/local/work")))
        .hasMessageContaining("a part of the system");
  }

  @Test
  void what_this_process_runs_lies_in_no_folder_that_code_could_move() throws IOException {
    Path deep = Files.createDirectories(work.resolve("env/venv"));
    Binds binds = binds();
    binds.readOnly("the interpreter's folder", deep);
    assertThatThrownBy(() -> binds.writable("the workspace", work))
        .isInstanceOf(LaunchFailed.class)
        .hasMessageContaining("holds " + deep)
        .hasMessageContaining("could move " + deep.getParent());
  }

  @Test
  void what_holds_more_than_one_programs_own_is_refused_by_its_name_and_by_where_it_leads()
      throws IOException {
    Path root = Files.createSymbolicLink(folder.resolve("root"), Path.of("/"));
    for (Path broad : List.of(Path.of("/"), Path.of("/home/someone"), Path.of("/tmp"), root)) {
      assertThatThrownBy(() -> binds().writable("the workspace", broad))
          .hasMessageContaining("the workspace " + broad)
          .hasMessageContaining("choose a folder of its own");
    }
    Path all = Files.createSymbolicLink(folder.resolve("all"), folder);
    for (Path holding : List.of(folder, secret, all)) {
      assertThatThrownBy(() -> binds().writable("the workspace", holding))
          .hasMessageContaining("holds this client's private directory");
    }
  }

  @Test
  void a_link_is_shown_under_its_name_with_what_it_led_to_when_it_was_looked_at()
      throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), work);
    Binds binds = binds();
    binds.writable("the workspace", link);
    assertThat(binds.options()).containsExactly("--bind", work.toString(), link.toString());
  }

  @Test
  void an_input_is_shown_below_inputs_under_its_name_by_where_its_links_lead() throws IOException {
    Path file = Files.writeString(folder.resolve("a, b.csv"), "1");
    Path link = Files.createSymbolicLink(folder.resolve("latest"), file);
    Binds binds = binds();
    binds.input(Input.of(link));
    binds.input(new Input(file, "by name"));
    assertThat(binds.options())
        .endsWith(
            "--ro-bind",
            file.toString(),
            "/inputs/latest",
            "--ro-bind",
            file.toString(),
            "/inputs/by name");
    assertThat(binds.volumes())
        .endsWith(
            "--volume", file + ":/inputs/latest:ro", "--volume", file + ":/inputs/by name:ro");
  }

  @Test
  void an_input_is_nothing_that_code_could_write_to_or_replace() throws IOException {
    Path inside = Files.writeString(work.resolve("data.csv"), "1");
    Path beside = Files.writeString(folder.resolve("data.csv"), "1");
    Path way = Files.createSymbolicLink(folder.resolve("way"), inside);
    Path out = Files.createSymbolicLink(work.resolve("out"), beside);
    Path dots = folder.resolve("private/..").resolve(folder.relativize(inside));
    for (Path host : List.of(work, inside, way, out, dots)) {
      Binds binds = binds();
      binds.writable("the workspace", work);
      refused(() -> binds.input(Input.of(host)), "the input " + host + " lies in " + work);
    }
    Path outer = Files.createDirectories(folder.resolve("outer/work")).getParent();
    Binds binds = binds();
    binds.writable("the workspace", outer.resolve("work"));
    refused(() -> binds.input(Input.of(outer)), "which code writes to, or holds it");
  }

  @Test
  void an_input_that_is_missing_or_no_file_or_too_much_is_told() throws Exception {
    Path missing = folder.resolve("missing");
    refused(() -> binds().input(Input.of(missing)), "the input " + missing + " cannot be found");
    refused(() -> binds().input(Input.of(Path.of("no/such"))), "cannot be found from /");
    Path broken = Files.createSymbolicLink(folder.resolve("broken"), missing);
    refused(() -> binds().input(Input.of(broken)), "the input " + broken + " cannot be found");
    refused(() -> binds().input(Input.of(Path.of("/dev/null"))), "is neither a file nor a folder");
    refused(() -> binds().input(Input.of(Path.of("/etc"))), "holds more than may be seen");
    refused(() -> binds().input(Input.of(folder)), "holds this client's private directory");
    Path colon = Files.writeString(folder.resolve("a:b"), "1");
    Binds binds = binds();
    binds.input(new Input(colon, "a"));
    assertThat(binds.options()).containsExactly("--ro-bind", colon.toString(), "/inputs/a");
    refused(binds::volumes, "has a colon");
  }

  @Test
  void where_the_inputs_are_there_is_no_folder_of_the_machine() throws IOException {
    Path file = Files.writeString(folder.resolve("data"), "1");
    Binds binds = binds();
    binds.writable("the workspace", Path.of("/inputs/work"));
    refused(() -> binds.input(Input.of(file)), "/inputs/work is used there already");
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(LaunchFailed.class).hasMessageContaining(message);
  }
}
