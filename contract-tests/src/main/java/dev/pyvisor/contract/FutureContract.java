package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pyvisor.Cell;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.Transfer;
import dev.pyvisor.WorkspaceFile;
import dev.pyvisor.WorkspaceFiles;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.HostSide;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.guard.Processes;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.RunnerGone;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The verbs that give a future: they hold up nobody, and each comes to an end. */
@Needs({Capability.FILES, Capability.SESSIONS, Capability.TYPED_VALUES})
@HostSide
public interface FutureContract extends RunnerContract {
  Duration SOON = Duration.ofSeconds(15);

  /**
   * All of it on the one thread on which futures complete, too: whatever waited there for a future
   * would wait for ever.
   */
  @Test
  @Rule("C116e")
  default void a_flow_of_futures_needs_one_thread_and_never_holds_it_up(@TempDir Path folder)
      throws Exception {
    Path file = Files.writeString(folder.resolve("in"), "2");
    Path back = folder.resolve("out");
    ExecutorService only = Executors.newSingleThreadExecutor();
    try (SupervisorClient client =
        OpenClients.open(client().callbackExecutor(only).tool(DemoTools.adder()))) {
      Session session = client.session();
      WorkspaceFiles files = session.files();
      CompletableFuture<String> flow =
          CompletableFuture.supplyAsync(() -> files.mkdirAsync("data"), only)
              .thenCompose(made -> made)
              .thenComposeAsync(none -> files.putAsync(file, "data/in", Transfer.plain()), only)
              .thenComposeAsync(none -> session.setAsync("more", 3), only)
              .thenComposeAsync(
                  none ->
                      session
                          .start(
                              Cell.of(
                                  "total = (await add(int(open('data/in').read()), more))['total']\n"
                                      + "open('data/out', 'w').write(str(total)) and None"))
                          .outcome(),
                  only)
              .thenComposeAsync(outcome -> files.listAsync("data"), only)
              .thenApply(found -> found.stream().map(WorkspaceFile::path).toList().toString())
              .thenComposeAsync(
                  found ->
                      files
                          .collectAsync("data/out", back, Transfer.plain())
                          .thenCompose(none -> session.getAsync("total"))
                          .thenApply(total -> found + " " + total.as(Integer.class)),
                  only)
              .thenComposeAsync(
                  found -> session.interruptAsync().thenApply(hit -> found + " " + hit), only)
              .thenComposeAsync(
                  found -> client.requestAsync("status", "{}", SOON).thenApply(status -> found),
                  only);
      assertThat(flow.get(SOON.toSeconds(), TimeUnit.SECONDS))
          .isEqualTo("[data/in, data/out] 5 false");
      assertThat(back).hasContent("5");
    } finally {
      only.shutdown();
    }
    assertThat(only.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  /** The supervisor has the request, and can neither answer nor be asked again. */
  @Test
  @Rule({"C116d", "H8"})
  default void a_request_whose_runner_ends_meanwhile_fails_at_once_with_how_it_ended()
      throws Exception {
    try (SupervisorClient client = open()) {
      long supervisor = client.runner().pid();
      Processes.signal(supervisor, "STOP");
      CompletableFuture<String> asked = client.requestAsync("status", "{}", Duration.ofMinutes(5));
      Processes.kill(supervisor);
      ExecutionException failed =
          catchThrowableOfType(
              ExecutionException.class, () -> asked.get(SOON.toSeconds(), TimeUnit.SECONDS));
      assertThat(failed.getCause())
          .isInstanceOfSatisfying(
              RunnerGone.class,
              gone -> {
                assertThat(gone.report().signal()).hasValue(9);
                assertThat(gone.delivery()).isNotEqualTo(Delivery.ANSWERED);
              });
      assertThat(client.request("status", "{}")).as("of the next runner").contains("\"main\"");
    }
  }
}
