package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.BranchContract;

class PipeBranchTest implements BranchContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
