package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ConcurrentToolContract;

class PipeConcurrentToolTest implements ConcurrentToolContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
