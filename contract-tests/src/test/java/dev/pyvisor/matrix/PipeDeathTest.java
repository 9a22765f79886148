package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.DeathContract;

class PipeDeathTest implements DeathContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
