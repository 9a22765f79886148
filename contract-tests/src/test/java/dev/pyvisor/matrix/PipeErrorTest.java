package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ErrorContract;

class PipeErrorTest implements ErrorContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
