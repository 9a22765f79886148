package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ToolFailureContract;

class PipeToolFailureTest implements ToolFailureContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
