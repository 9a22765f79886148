package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.DeadlineContract;

class PipeDeadlineTest implements DeadlineContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
