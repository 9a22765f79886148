package dev.pyvisor.matrix;

import dev.pyvisor.contract.backend.PipeBackend;

/** With runners that are reached over pipes. */
class PipeFailedRestartTest extends FailedRestarts {
  PipeFailedRestartTest() {
    super(new PipeBackend());
  }
}
