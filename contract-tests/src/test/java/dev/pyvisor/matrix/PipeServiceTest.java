package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ServiceContract;

class PipeServiceTest implements ServiceContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
