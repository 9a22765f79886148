package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.KillContract;

class PipeKillTest implements KillContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
