package dev.pyvisor.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.service.AiServices;
import dev.pyvisor.Launcher;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.agent.AllowedCaller;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.chaos.ChaosProxy;
import dev.pyvisor.contract.chaos.Cut;
import dev.pyvisor.contract.chaos.Cut.Direction;
import dev.pyvisor.contract.chaos.Cut.How;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.Limit;
import dev.pyvisor.outcome.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A whole run of an agent: thirty tools at once, a time-out, two branches, a typed answer;
 * directly, and in a sandbox behind a link that is cut all the time.
 */
@ExtendWith({Census.class, HangReport.class})
@Limit(seconds = 90, why = "one of them is a whole run behind a link that is cut all the time")
class AgentRunTest {
  private static final int ITEMS = 30;

  interface Agent {
    String run(String task);
  }

  record Finding(int item, double price, List<Integer> cheaper) {}

  /** A shop that answers when all have asked, so that a caller that asks one by one never ends. */
  static final class Shop {
    private final CountDownLatch all = new CountDownLatch(ITEMS);
    private final Map<Integer, AtomicInteger> asked = new ConcurrentHashMap<>();

    @Tool("The price of an item, and a description of some length.")
    Map<String, Object> price(@P("from 0 to 29") int item) throws InterruptedException {
      asked.computeIfAbsent(item, key -> new AtomicInteger()).incrementAndGet();
      all.countDown();
      if (!all.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("only " + (ITEMS - all.getCount()) + " asked at once");
      }
      return Map.of("item", item, "price", 100 - 3.5 * item, "about", "é".repeat(5_000));
    }
  }

  private final Shop shop = new Shop();
  private final List<Outcome> outcomes = Collections.synchronizedList(new ArrayList<>());

  private final ScriptedModel model =
      new ScriptedModel()
          .runs(
              """
              import asyncio
              found = await asyncio.gather(*(price(n) for n in range(30)))
              prices = {one['item']: one['price'] for one in found}
              print(len(prices), sum(map(len, (one['about'] for one in found))))
              """)
          .runs("while True: prices.get(0)")
          .runs("print(len(prices), 'still there')")
          .calls("in_a_branch", "code", "del prices[29]\nprint('without', min(prices.values()))")
          .calls("in_a_branch", "code", "prices[29] = 1.0\nprint('with', min(prices.values()))")
          .runs("cheapest = min(prices, key=prices.get)\nSUBMIT(item=cheapest, price='none')")
          .runs(
              "SUBMIT(item=cheapest, price=prices[cheapest], cheaper=[n for n in prices if prices[n] < 10])")
          .repeats();

  @Test
  void directly() {
    try (SupervisorClient client = settled(SupervisorClient.builder().trusted()).open()) {
      isWhole(client);
    }
  }

  @Test
  void in_a_sandbox_through_a_link_that_is_cut_every_twenty_kilobytes() throws Exception {
    Optional<String> obstacle = new BubblewrapBackend.Websocket().obstacle();
    assumeTrue(obstacle.isEmpty(), () -> "no bubblewrap here: " + obstacle.orElse(""));
    try (ChaosProxy proxy =
            new ChaosProxy(
                n ->
                    new Cut(
                        n % 2 == 0 ? Direction.TO_HOST : Direction.TO_RUNNER,
                        20_000,
                        n % 3 == 0 ? How.RST : How.FIN));
        SupervisorClient client =
            settled(
                    SupervisorClient.builder()
                        .backend("websocket")
                        .backendOption("websocket.proxy", proxy.address())
                        .launcher(Launcher.BUBBLEWRAP))
                .open()) {
      isWhole(client);
      assertThat(proxy.cuts()).isPositive();
    }
  }

  private static SupervisorClient.Builder settled(SupervisorClient.Builder builder) {
    return builder
        .cellTimeout(Duration.ofSeconds(30))
        .tool(
            dev.pyvisor.tool.Tool.submit("SUBMIT")
                .description("Ends the search.")
                .fields(Finding.class));
  }

  private void isWhole(SupervisorClient client) {
    Session session = client.session();
    AtomicInteger branches = new AtomicInteger();
    PythonTool aside =
        PythonTool.of(memory -> session.branch("try-" + branches.incrementAndGet()), List.of());
    Toolbox box =
        new Toolbox()
            .add(shop, AllowedCaller.CODE_EXECUTION)
            .add(
                ToolSpecification.builder()
                    .name("in_a_branch")
                    .description("Runs Python in a copy of the session, which is not changed.")
                    .parameters(
                        JsonObjectSchema.builder()
                            .addStringProperty("code")
                            .required("code")
                            .build())
                    .build(),
                aside,
                AllowedCaller.DIRECT);
    session.registerTools(box.functions().toArray(dev.pyvisor.tool.Tool[]::new));
    PythonTool python =
        PythonTool.of(session, box.functions())
            .timeout(Duration.ofSeconds(3))
            .onOutcome(outcomes::add);
    Agent agent =
        AiServices.builder(Agent.class)
            .chatModel(model)
            .chatMemory(MessageWindowChatMemory.withMaxMessages(100))
            .toolProvider(box.over(python))
            .build();

    String last = agent.run("Which item is the cheapest?");

    assertThat(model.results()).hasSize(7);
    assertThat(text(0)).startsWith("30 150000\n");
    assertThat(text(1)).contains("[timed_out after ");
    assertThat(text(2)).startsWith("30 still there\n");
    assertThat(text(3)).startsWith("without 2.0\n");
    assertThat(text(4)).startsWith("with 1.0\n");
    assertThat(text(5)).contains("price: has to be a number").contains("cheaper: is missing");
    assertThat(last).startsWith("[submitted] {\"item\":29,\"price\":-1.5,");
    assertThat(outcomes.get(outcomes.size() - 1).submission().orElseThrow().as(Finding.class))
        .isEqualTo(new Finding(29, -1.5, List.of(26, 27, 28, 29)));
    assertThat(shop.asked).hasSize(ITEMS);
    assertThat(shop.asked.values()).as("each call is made once").allMatch(n -> n.get() == 1);
  }

  private String text(int result) {
    return model.results().get(result).text();
  }
}
