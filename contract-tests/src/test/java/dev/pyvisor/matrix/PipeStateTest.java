package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.StateContract;

class PipeStateTest implements StateContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
