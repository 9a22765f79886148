package dev.pyvisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ResourceLimitsTest {
  private static final ResourceLimits NONE = ResourceLimits.none();

  @Test
  void each_is_set_apart_from_the_others() {
    ResourceLimits all =
        NONE.withMemory(1L << 40)
            .withCpuTime(Duration.ofMillis(1))
            .withProcesses(2)
            .withOpenFiles(128)
            .withFileSize(4)
            .withWorkspace(5);

    assertThat(all)
        .isEqualTo(
            new ResourceLimits(
                OptionalLong.of(1L << 40),
                Optional.of(Duration.ofMillis(1)),
                OptionalInt.of(2),
                OptionalInt.of(128),
                OptionalLong.of(4),
                OptionalLong.of(5)));
    assertThat(all.keys())
        .containsExactly(
            "memory-limit",
            "cpu-limit",
            "process-limit",
            "open-files-limit",
            "file-size-limit",
            "workspace-limit");
    assertThat(NONE.withFileSize(1).keys()).containsExactly("file-size-limit");
    assertThat(NONE.keys()).isEmpty();
  }

  @Test
  void one_that_is_too_small_is_refused_with_its_value_and_the_least() {
    assertThatThrownBy(() -> NONE.withMemory(1024))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("memory must be at least 33554432 bytes (32 MiB), not 1024");
    assertThatThrownBy(() -> NONE.withCpuTime(Duration.ZERO))
        .hasMessageContaining("cpuTime must be from 1 ms to 365 days, not PT0S");
    assertThatThrownBy(() -> NONE.withCpuTime(Duration.ofDays(366)))
        .hasMessageContaining("not PT8784H");
    assertThatThrownBy(() -> NONE.withProcesses(0))
        .hasMessageContaining("processes must be at least 1, not 0; leave it out for no limit");
    assertThatThrownBy(() -> NONE.withOpenFiles(127))
        .hasMessageContaining("openFiles must be at least 128, not 127");
    assertThatThrownBy(() -> NONE.withFileSize(-1))
        .hasMessageContaining("fileSize must be at least 1 byte, not -1");
    assertThatThrownBy(() -> NONE.withWorkspace(0)).hasMessageContaining("workspace must be");
  }
}
