package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.transport.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class SandboxPythonTest {
  @TempDir Path folder;

  private static SandboxPython of(Optional<Path> python) {
    return SandboxPython.of(Configs.of(Path.of("/nowhere"), python, Sandbox.UNCHOSEN));
  }

  @Test
  void a_virtual_environment_comes_with_what_it_was_made_from() throws IOException {
    SandboxPython base = of(Optional.empty());
    Path venv = folder.resolve("venv");
    Commands.Result made =
        Commands.run(
            List.of(base.executable().toString(), "-m", "venv", "--without-pip", venv.toString()),
            Map.of());
    assertThat(made.succeeded()).as(made.complaint()).isTrue();
    SandboxPython found = of(Optional.of(venv.resolve("bin/python3")));
    assertThat(found.executable()).isEqualTo(venv.resolve("bin/python3"));
    assertThat(found.paths()).contains(venv, base.executable().toRealPath());
  }

  @Test
  void a_script_that_leads_to_an_interpreter_is_followed() throws IOException {
    SandboxPython base = of(Optional.empty());
    Path shim = folder.resolve("python3");
    Files.writeString(shim, "#!/bin/sh\nexec " + base.executable() + " \"$@\"\n");
    assertThat(shim.toFile().setExecutable(true)).isTrue();
    assertThat(of(Optional.of(shim)).executable()).isEqualTo(base.executable());
  }
}
