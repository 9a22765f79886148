package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.OutputContract;

class PipeOutputTest implements OutputContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
