package dev.pyvisor.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.service.AiServices;
import dev.langchain4j.service.MemoryId;
import dev.langchain4j.service.tool.ToolProvider;
import dev.langchain4j.service.tool.ToolProviderResult;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.agent.AllowedCaller;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** LangChain4j's own services with a session, against a model that follows a script. */
@ExtendWith({Census.class, HangReport.class})
class AssistantTest {
  interface Assistant {
    String chat(@MemoryId String user, @dev.langchain4j.service.UserMessage String message);
  }

  record Stay(String city, int nights) {}

  /** What the agent's program offers. */
  static final class Trips {
    private final AtomicInteger asked = new AtomicInteger();
    private final CountDownLatch three = new CountDownLatch(3);

    @Tool("The price of a stay in euros.")
    double price(
        @P("where and how long") Stay stay,
        @P(value = "in per cent", required = false) Integer discount)
        throws InterruptedException {
      asked.incrementAndGet();
      return stay.nights() * 100.0 * (100 - (discount == null ? 0 : discount)) / 100;
    }

    @Tool("Waits until three ask at once.")
    String together() throws InterruptedException {
      three.countDown();
      return three.await(20, TimeUnit.SECONDS) ? "all three" : "alone";
    }

    @Tool("Fails.")
    String broken() {
      throw new IllegalStateException("no rooms on " + LocalDate.of(2026, 1, 2));
    }

    @Tool("Many.")
    String forty() {
      return "x".repeat(40_000_000);
    }

    @Tool("Never comes back by itself.")
    void hang() throws InterruptedException {
      new CountDownLatch(1).await();
    }
  }

  private final Trips trips = new Trips();
  private final ScriptedModel model = new ScriptedModel();
  private SupervisorClient client;

  private SupervisorClient client(UnaryOperator<SupervisorClient.Builder> how) {
    client = how.apply(SupervisorClient.builder().trusted()).open();
    return client;
  }

  private Assistant assistant(Toolbox box) {
    Session session =
        client(builder -> builder.tools(box.functions()).cellTimeout(Duration.ofSeconds(60)))
            .session();
    return assistant(box.over(session));
  }

  private Assistant assistant(ToolProvider provider) {
    return AiServices.builder(Assistant.class)
        .chatModel(model)
        .chatMemoryProvider(id -> MessageWindowChatMemory.withMaxMessages(100))
        .toolProvider(provider)
        .build();
  }

  private Assistant withTrips() {
    return assistant(new Toolbox().add(trips, AllowedCaller.CODE_EXECUTION));
  }

  @AfterEach
  void close() {
    if (client != null) {
      client.close();
    }
  }

  @Test
  void code_calls_the_tools_several_at_once_and_the_model_sees_what_it_printed() {
    model
        .runs(
            """
            import asyncio
            print(await price({'city': 'Rome', 'nights': 3}), await price(stay={'city': 'Oslo', 'nights': 2}, discount=50))
            print(await asyncio.gather(together(), together(), together()))
            """)
        .repeats();
    assertThat(withTrips().chat("ada", "How much?"))
        .startsWith("300.0 100.0\n['all three', 'all three', 'all three']\n[completed in ");
    assertThat(trips.asked).hasValue(2);
  }

  @Test
  void the_model_is_told_of_python_and_of_what_code_can_call_and_of_nothing_else() {
    model.repeats();
    withTrips().chat("ada", "Hello");
    List<ToolSpecification> told = model.requests.get(0).toolSpecifications();
    assertThat(told).extracting(ToolSpecification::name).containsExactly("python");
    assertThat(told.get(0).description())
        .contains("async def price(stay: dict, discount: int = None):")
        .contains("stay (dict with city (str), nights (int)): where and how long")
        .contains("The price of a stay in euros.");
  }

  @Test
  void state_stays_from_one_call_to_the_next() {
    model.runs("x = 40").runs("x += 2\nx").repeats();
    assertThat(withTrips().chat("ada", "Count")).startsWith("[value] 42\n");
  }

  @Test
  void what_goes_wrong_is_a_result_that_says_what_is_left() {
    model
        .runs("kept = 7\nawait broken()")
        .runs("await price({'city': 'Rome', 'nights': 'three'})")
        .runs("await unknown_tool()")
        .runs("print(kept)\nimport os\nos._exit(3)")
        .runs("kept")
        .repeats();
    assertThat(withTrips().chat("ada", "Try")).startsWith("[value] 7\n");
    assertThat(model.results().get(0).text())
        .contains("no rooms on 2026-01-02")
        .contains("[raised after");
    assertThat(model.results().get(1).text())
        .contains("price(): the arguments do not fit, and it was not called:\n  stay.nights: ");
    assertThat(model.results().get(2).text()).contains("NameError");
    assertThat(model.results().get(3).text()).startsWith("7\n").contains("[crashed after ");
    assertThat(model.results().subList(0, 4)).allMatch(result -> result.isError());
    assertThat(model.results().get(4).isError()).isFalse();
  }

  @Test
  void a_tool_that_hangs_and_a_cell_that_does_not_end_are_told_and_cost_no_state() {
    client(
        builder ->
            builder
                .tools(HostTools.of(trips))
                .toolTimeout(Duration.ofMillis(300))
                .cellTimeout(Duration.ofSeconds(2)));
    model.runs("kept = 1\nawait hang()").runs("while True: pass").runs("kept").repeats();
    Assistant assistant = assistant(PythonTool.of(client.session(), List.of()));
    assertThat(assistant.chat("ada", "Wait")).startsWith("[value] 1\n");
    assertThat(model.results().get(0).text()).contains("ToolDeadlineExceeded").contains("hang");
    assertThat(model.results().get(1).text()).contains("[timed_out after ");
  }

  @Test
  void a_tool_that_returns_forty_megabytes_serves_the_code_and_never_reaches_the_model() {
    model.runs("big = await forty()\nprint(len(big))").runs("print(big)").repeats();
    String seen = withTrips().chat("ada", "Much");
    assertThat(model.results().get(0).text()).startsWith("40000000\n");
    assertThat(seen).hasSizeLessThan(30_000).contains("characters are left out here; print less");
  }

  @Test
  void an_image_is_a_content_of_its_own() {
    model
        .runs("png = b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20)\nprint('drawn')\n[png, b'no image']")
        .repeats();
    withTrips().chat("ada", "Draw");
    assertThat(model.results().get(0).contents().get(0)).isInstanceOf(TextContent.class);
    assertThat(((TextContent) model.results().get(0).contents().get(0)).text())
        .startsWith("drawn\n");
    ImageContent image = (ImageContent) model.results().get(0).contents().get(1);
    assertThat(image.image().mimeType()).isEqualTo("image/png");
    assertThat(image.image().base64Data()).startsWith("iVBORw0KGgo");
    assertThat(model.results().get(0).contents()).hasSize(2);
  }

  @Test
  void what_code_displays_is_text_for_the_model_and_an_image_where_it_has_one() {
    model
        .runs(
            """
            class Plot:
                def __repr__(self): return 'a plot'
                def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n' + bytes(9)
            display(Plot(), 'and words')
            """)
        .repeats();
    withTrips().chat("ada", "Plot");
    assertThat(model.results().get(0).contents()).hasSize(2);
    assertThat(((TextContent) model.results().get(0).contents().get(0)).text())
        .startsWith("[displayed] a plot\nand words\n[completed in ");
    assertThat(model.results().get(0).contents().get(1)).isInstanceOf(ImageContent.class);
  }

  @Test
  void tools_of_the_model_are_called_by_it_and_not_by_code() {
    Toolbox box =
        new Toolbox()
            .add(trips, AllowedCaller.CODE_EXECUTION)
            .add(
                ToolSpecification.builder().name("send").description("Sends it.").build(),
                (request, memory) -> "sent for " + memory,
                AllowedCaller.DIRECT)
            .add(
                ToolSpecification.builder().name("look").description("Looks.").build(),
                (request, memory) -> "seen",
                AllowedCaller.DIRECT,
                AllowedCaller.CODE_EXECUTION);
    model.calls("send", "ignored", "").runs("print(await look(), 'send' in globals())").repeats();
    assertThat(assistant(box).chat("ada", "Send")).startsWith("seen False\n");
    assertThat(model.results().get(0).text()).isEqualTo("sent for ada");
    assertThat(model.requests.get(0).toolSpecifications())
        .extracting(ToolSpecification::name)
        .containsExactlyInAnyOrder("python", "send", "look");
  }

  @Test
  void each_conversation_has_its_own_session() {
    client(builder -> builder);
    Map<Object, Session> sessions = new java.util.concurrent.ConcurrentHashMap<>();
    PythonTool python =
        PythonTool.of(
            id -> sessions.computeIfAbsent(id, user -> client.openSession(String.valueOf(user))),
            List.of());
    model.runs("x = 'ada'").repeats().runs("x").repeats().runs("x").repeats();
    Assistant assistant = assistant(python);
    assistant.chat("ada", "Remember");
    assertThat(assistant.chat("ben", "What is it?")).contains("NameError");
    assertThat(assistant.chat("ada", "What is it?")).startsWith("[value] 'ada'\n");
  }

  @Test
  void arguments_that_are_no_code_run_nothing() {
    model.calls("python", "program", "print(1)").repeats();
    assertThat(withTrips().chat("ada", "Go")).contains("{\"code\": \"print(1)\"}; nothing was run");
    assertThat(model.results().get(0).isError()).isTrue();
  }

  @Test
  void tools_of_a_provider_are_functions_too() {
    ToolSpecification find =
        ToolSpecification.builder().name("find-it").description("Finds.").build();
    ToolProvider provider =
        request ->
            new ToolProviderResult(
                Map.of(find, (call, memory) -> "{\"by\": \"" + memory + "\", \"n\": [1, 2]}"));
    client(builder -> builder.tools(HostTools.of(provider, "ada", UserMessage.from("?"))));
    assertThat(client.session().execute("print((await find_it())['n'])").stdoutText())
        .isEqualTo("[1, 2]\n");
  }

  @Test
  void the_engine_for_code_keeps_state_and_never_throws_for_what_code_does() {
    SessionCodeExecutionEngine engine =
        new SessionCodeExecutionEngine(client(builder -> builder).session());
    assertThat(engine.execute("x = 20\nprint('set')")).startsWith("set\n[completed in ");
    assertThat(engine.execute("1/0")).contains("ZeroDivisionError");
    assertThat(engine.execute("x + 1")).startsWith("[value] 21\n");
  }

  @Test
  void what_cannot_be_a_tool_is_refused() {
    assertThatThrownBy(() -> HostTools.of(new Object())).hasMessageContaining("no method with");
    Toolbox box = new Toolbox().add(trips, AllowedCaller.CODE_EXECUTION);
    assertThatThrownBy(() -> box.add(trips, AllowedCaller.CODE_EXECUTION))
        .hasMessageContaining("two functions would be ");
    assertThatThrownBy(() -> new Toolbox().add(trips)).hasMessageContaining("nobody may call ");
    ToolSpecification python = ToolSpecification.builder().name("python").build();
    Toolbox another = new Toolbox().add(python, (request, memory) -> "", AllowedCaller.DIRECT);
    assertThatThrownBy(() -> another.over(PythonTool.of(memory -> null, List.of())))
        .hasMessageContaining("named python");
  }
}
