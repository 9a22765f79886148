package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.SuddenDeathContract;

class PipeSuddenDeathTest implements SuddenDeathContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
