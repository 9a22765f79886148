package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.SnapshotContract;

class PipeSnapshotTest implements SnapshotContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
