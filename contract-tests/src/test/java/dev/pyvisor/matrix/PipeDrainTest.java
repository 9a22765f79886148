package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.DrainContract;

class PipeDrainTest implements DrainContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
