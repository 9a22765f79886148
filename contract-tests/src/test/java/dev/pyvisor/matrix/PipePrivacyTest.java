package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.PrivacyContract;

class PipePrivacyTest implements PrivacyContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
