package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.SizeContract;

class PipeSizeTest implements SizeContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
