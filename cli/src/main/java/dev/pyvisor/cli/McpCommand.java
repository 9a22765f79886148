package dev.pyvisor.cli;

import dev.pyvisor.Defaults;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.config.Configuration;
import dev.pyvisor.mcp.HttpListener;
import dev.pyvisor.mcp.HttpSettings;
import dev.pyvisor.mcp.PythonServer;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code pyvisor mcp}: Python as the tools of an MCP server. */
@Command(
    name = "mcp",
    description = {
      "Serves Python to a client of MCP: tools that run code in sessions that keep their state,"
          + " interrupt it, move files, keep checkpoints and go back to them."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Speaks over its standard input and output, as clients expect that start their server, and ends"
          + " with its input; or with --http over HTTP, until Ctrl-C. The code is isolated by the strongest launcher that can be used, and"
          + " where there is none nothing is served unless a launcher is named. docs/mcp.md has the"
          + " tools and how clients are told of it.",
      "Exit status: 0 the client has gone; 2 usage; 3 the code cannot be isolated; 130 ended by"
          + " Ctrl-C."
    })
final class McpCommand implements Callable<Integer> {
  private static final String NAME = "pyvisor mcp";

  @Mixin private RunnerOptions runner;

  @Mixin private McpHttpOptions http;

  @Override
  public Integer call() throws IOException, InterruptedException {
    PrintStream out = System.out;
    // Whoever prints must not come between the messages.
    System.setOut(System.err);
    runner.check();
    Optional<HttpSettings> listening = http.settings();
    PythonServer server = PythonServer.startingWith(runners());
    CountDownLatch done = endingWithThisProgram();
    try {
      if (listening.isPresent()) {
        listen(server, listening.get(), out);
      } else {
        server.serve(
            new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
      }
    } finally {
      done.countDown();
    }
    return Failures.OK;
  }

  /** Until a signal ends it. */
  private void listen(PythonServer server, HttpSettings settings, PrintStream out)
      throws IOException, InterruptedException {
    try (HttpListener listener = server.listen(settings)) {
      out.println("listening at " + listener.url());
      out.println(
          "each request needs the header 'Authorization: Bearer ' and the token in "
              + http.tokenFile());
      out.println("Ctrl-C ends it");
      out.flush();
      new CountDownLatch(1).await();
    }
  }

  /** What is wrong in the settings is told before anything is served. */
  private Supplier<SupervisorClient> runners() {
    Configuration configured = runner.configuration();
    SupervisorClient.Builder builder = SupervisorClient.builder();
    runner.isolate(builder, configured, NAME);
    runner.applyTo(builder, configured);
    return builder::open;
  }

  /** A signal ends the server as its client would, so that nothing of a runner is left. */
  private static CountDownLatch endingWithThisProgram() {
    CountDownLatch done = new CountDownLatch(1);
    Thread worker = Thread.currentThread();
    Thread end =
        new Thread(
            () -> {
              worker.interrupt();
              try {
                done.await(Defaults.CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
              } catch (InterruptedException impatient) {
                Thread.currentThread().interrupt();
              }
            },
            "mcp-end");
    Runtime.getRuntime().addShutdownHook(end);
    return done;
  }
}
