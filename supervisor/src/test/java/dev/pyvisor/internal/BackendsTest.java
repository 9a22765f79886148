package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.pyvisor.Launcher;
import dev.pyvisor.ResourceLimits;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.error.LaunchFailed;
import dev.pyvisor.testing.Census;
import dev.pyvisor.transport.FrameSource;
import dev.pyvisor.transport.Input;
import dev.pyvisor.transport.Sandbox;
import dev.pyvisor.transport.Transport;
import dev.pyvisor.transport.TransportConfig;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.transport.TransportProvider;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a backend is asked before it is opened. */
@ExtendWith(Census.class)
@Timeout(20)
class BackendsTest {
  private static final TransportProvider PLAIN = new MemoryBackend();
  private static final TransportProvider LAUNCHES = new Launching();

  @Test
  void a_backend_that_knows_no_launcher_is_not_opened_with_one() {
    for (Launcher launcher : EnumSet.complementOf(EnumSet.of(Launcher.PROCESS))) {
      Sandbox asked = Sandbox.by(launcher);
      assertThatExceptionOfType(LaunchFailed.class)
          .isThrownBy(() -> Backends.requireLaunch("r", PLAIN, asked))
          .withMessageContaining("memory")
          .withMessageContaining("launcher=" + launcher.word())
          .returns(ErrorCode.INVALID_ARGUMENT, LaunchFailed::code);
      Backends.requireLaunch("r", LAUNCHES, asked);
    }
  }

  @Test
  void nor_with_what_only_a_launcher_can_do() {
    Sandbox reading = Sandbox.UNCHOSEN.reading(List.of(new Input(Path.of("/tmp"), "data")));
    Sandbox made =
        new Sandbox(
            Optional.empty(),
            Optional.of("image"),
            Optional.empty(),
            Optional.empty(),
            ResourceLimits.none());
    for (Sandbox asked : List.of(reading, made, Sandbox.UNCHOSEN.keptAs("name"))) {
      assertThatExceptionOfType(LaunchFailed.class)
          .isThrownBy(() -> Backends.requireLaunch("r", PLAIN, asked));
      Backends.requireLaunch("r", LAUNCHES, asked);
    }
  }

  /** The runner says of limits itself. */
  @Test
  void a_plain_process_with_limits_is_no_matter_of_launchers() {
    ResourceLimits limits = ResourceLimits.none().withProcesses(10);
    Backends.requireLaunch("r", PLAIN, Sandbox.UNCHOSEN.limitedTo(limits));
    Backends.requireLaunch("r", PLAIN, Sandbox.by(Launcher.PROCESS).limitedTo(limits));
  }

  @Test
  void a_client_is_refused_before_anything_is_started() {
    SupervisorClient.Builder builder =
        SupervisorClient.builder().backend("memory").launcher(Launcher.BUBBLEWRAP);
    assertThatExceptionOfType(LaunchFailed.class)
        .isThrownBy(builder::open)
        .withMessageContaining("launcher=bubblewrap");
    assertThat(MemoryBackend.STARTED).isEmpty();
  }

  private static final class Launching implements TransportProvider {
    @Override
    public String name() {
      return "launching";
    }

    @Override
    public boolean launches() {
      return true;
    }

    @Override
    public Transport open(
        TransportConfig config, FrameSource outbound, TransportListener listener) {
      throw new AssertionError("nobody asked for it");
    }
  }
}
