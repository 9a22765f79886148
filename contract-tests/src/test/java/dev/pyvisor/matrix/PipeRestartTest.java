package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.RestartContract;

class PipeRestartTest implements RestartContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
