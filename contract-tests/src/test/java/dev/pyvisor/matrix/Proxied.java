package dev.pyvisor.matrix;

import dev.pyvisor.Launcher;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Fault;
import dev.pyvisor.contract.chaos.Messages;
import java.io.IOException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Clients of the websocket backend that reach their runner through a proxy. */
final class Proxied {
  private Proxied() {}

  static SupervisorClient.Builder by(ChaosProxy proxy) {
    return SupervisorClient.builder()
        .backend("websocket")
        .backendOption("websocket.proxy", proxy.address())
        .python(TokenKeeper.python())
        .launcher(Launcher.PROCESS)
        .trusted();
  }

  static ChaosProxy always(Fault fault) throws IOException {
    return new ChaosProxy(connection -> fault);
  }

  static ChaosProxy aimed(Aim aim) throws IOException {
    return always(new Messages(aim));
  }

  /** What {@code for i in range(count): print('line', i, 'é🙂')} prints. */
  static String lines(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> "line " + i + " é🙂\n")
        .collect(Collectors.joining());
  }
}
