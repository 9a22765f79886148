package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.GrandchildContract;

class PipeGrandchildTest implements GrandchildContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
