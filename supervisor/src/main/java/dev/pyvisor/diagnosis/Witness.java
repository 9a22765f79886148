package dev.pyvisor.diagnosis;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/**
 * What a report asks of the client that it is about.
 *
 * <p>Thread-safe: implementations say how; no method waits for the runner.
 */
public interface Witness {
  String runnerId();

  /** The supervisor's process, as it said itself; empty before its HELLO. */
  OptionalLong supervisor();

  /** Where the runner's processes keep the files of their stacks. */
  Path privateDirectory();

  /** The table of open calls and how full the queues are, one fact a line. */
  List<String> pending();

  FrameLog frames();

  /** Asks the supervisor for its facts: a JSON object; fails where it does not answer in time. */
  CompletableFuture<String> facts(Duration limit);
}
