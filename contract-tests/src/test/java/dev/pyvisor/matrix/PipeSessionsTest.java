package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.SessionsContract;

class PipeSessionsTest implements SessionsContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
