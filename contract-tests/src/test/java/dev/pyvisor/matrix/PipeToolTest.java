package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ToolContract;

class PipeToolTest implements ToolContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
