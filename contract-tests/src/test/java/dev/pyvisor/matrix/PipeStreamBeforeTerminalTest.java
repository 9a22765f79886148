package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.StreamBeforeTerminalContract;

class PipeStreamBeforeTerminalTest implements StreamBeforeTerminalContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
