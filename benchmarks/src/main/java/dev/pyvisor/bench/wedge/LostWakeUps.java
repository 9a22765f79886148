package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.BenchOptions.Phase;
import dev.pyvisor.bench.python.PythonChild;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * How often polling would never see a short line, because it came with the one before it. Here it
 * looks without a pause: that is the best it can do, and it is the machine's load that decides.
 *
 * @param lost of {@code pairs}: the line lay in the reader while the stream said "nothing"
 */
public record LostWakeUps(Phase phase, int pairs, int lost) {

  /** Has the peer write pairs of lines, each line in a write of its own, back to back. */
  static LostWakeUps measure(Path python, Phase phase, int pairs) throws IOException {
    int lost = 0;
    try (PythonChild child = Peer.start(python, Redirect.INHERIT, "pairs", pairs, PipeSize.USUAL)) {
      PolledReader reader = new PolledReader(child.stdout(), Duration.ZERO);
      OutputStream out = child.stdin();
      for (int pair = 0; pair < pairs; pair++) {
        out.write("go\n".getBytes(StandardCharsets.UTF_8));
        out.flush();
        reader.pollAndReadLine();
        if (reader.hidesALine()) {
          lost++;
          reader.readLine();
        } else {
          reader.pollAndReadLine();
        }
      }
    }
    return new LostWakeUps(phase, pairs, lost);
  }
}
