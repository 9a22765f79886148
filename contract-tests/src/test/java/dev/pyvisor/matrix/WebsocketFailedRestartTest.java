package dev.pyvisor.matrix;

import dev.pyvisor.contract.backend.WebsocketBackend;

/** With runners that are reached on a socket. */
class WebsocketFailedRestartTest extends FailedRestarts {
  WebsocketFailedRestartTest() {
    super(new WebsocketBackend());
  }
}
