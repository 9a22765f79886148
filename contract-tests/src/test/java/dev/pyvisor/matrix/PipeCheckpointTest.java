package dev.pyvisor.matrix;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.CheckpointContract;

class PipeCheckpointTest implements CheckpointContract {
  @Override
  public SupervisorClient.Builder client() {
    return Pipe.client();
  }
}
