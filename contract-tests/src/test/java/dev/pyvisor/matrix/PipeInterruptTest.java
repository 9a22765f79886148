package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.InterruptContract;

class PipeInterruptTest implements InterruptContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
