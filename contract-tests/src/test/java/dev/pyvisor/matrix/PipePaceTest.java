package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.PaceContract;

class PipePaceTest implements PaceContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
