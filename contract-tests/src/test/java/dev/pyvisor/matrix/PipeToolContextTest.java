package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ToolContextContract;

class PipeToolContextTest implements ToolContextContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
