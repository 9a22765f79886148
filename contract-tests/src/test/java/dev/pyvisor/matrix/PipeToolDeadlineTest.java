package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ToolDeadlineContract;

class PipeToolDeadlineTest implements ToolDeadlineContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
