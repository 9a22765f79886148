package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.EvidenceContract;

class PipeEvidenceTest implements EvidenceContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
