package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.WorkspaceFiles;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Files on a link that is cut again and again, within their chunks, too. */
@ExtendWith({Census.class, HangReport.class})
class WebsocketFilesTest {
  private static final int SIZE = 3 * 1024 * 1024 + 17;
  private static final int LIFE = 200_000;

  @Test
  @Rule("FIL-3")
  void a_file_comes_and_goes_whole_over_a_link_that_is_cut(@TempDir Path folder) throws Exception {
    byte[] data = new byte[SIZE];
    new Random(11).nextBytes(data);
    Path file = Files.write(folder.resolve("file"), data);
    Path copy = folder.resolve("copy");
    try (ChaosProxy proxy =
            new ChaosProxy(
                connection ->
                    new Cut(Direction.TO_HOST, LIFE, How.RST)
                        .then(new Cut(Direction.TO_RUNNER, LIFE, How.FIN)));
        SupervisorClient client = Proxied.by(proxy).open()) {
      WorkspaceFiles files = client.session().files();
      files.put(file, "file");
      int cuts = proxy.cuts();
      assertThat(cuts).isPositive();
      files.collect("file", copy);
      assertThat(proxy.cuts()).isGreaterThan(cuts);
    }
    assertThat(copy).hasBinaryContent(data);
  }
}
