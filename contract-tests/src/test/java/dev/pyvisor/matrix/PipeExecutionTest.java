package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ExecutionContract;

class PipeExecutionTest implements ExecutionContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
