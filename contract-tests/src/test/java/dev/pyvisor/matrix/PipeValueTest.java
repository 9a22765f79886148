package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ValueContract;

class PipeValueTest implements ValueContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
