package dev.pyvisor.contract.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class InterpretersTest {
  /** Otherwise the test whose time is up takes the interpreters from all that come after it. */
  @Test
  void an_interrupt_does_not_keep_an_interpreter_from_being_found() {
    Thread.currentThread().interrupt();
    try {
      assertThat(Interpreters.versionOf(Interpreters.standard())).isPresent();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
