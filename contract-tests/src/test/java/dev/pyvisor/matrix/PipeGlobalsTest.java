package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.GlobalsContract;

class PipeGlobalsTest implements GlobalsContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
