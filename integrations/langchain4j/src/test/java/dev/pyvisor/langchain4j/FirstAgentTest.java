package dev.pyvisor.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.P;
import dev.langchain4j.agent.tool.Tool;
import dev.langchain4j.memory.chat.MessageWindowChatMemory;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.service.AiServices;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.agent.AllowedCaller;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The agent of docs/agents.md. */
@ExtendWith({Census.class, HangReport.class})
class FirstAgentTest {
  // snippet: first-agent
  /** What the program can do, as LangChain4j knows it. */
  public static final class Warehouse {
    @Tool("How many pieces of an article there are.")
    public int stock(@P("such as A-17") String article) {
      return article.hashCode() % 50;
    }

    @Tool("The articles of a shelf.")
    public List<String> articles(@P("from 1 to 9") int shelf) {
      return List.of("A-" + shelf, "B-" + shelf, "C-" + shelf);
    }
  }

  interface Clerk {
    String answer(String question);
  }

  static String ask(ChatModel model, SupervisorClient.Builder builder, String question) {
    Toolbox tools = new Toolbox().add(new Warehouse(), AllowedCaller.CODE_EXECUTION);
    try (SupervisorClient client =
        builder.tools(tools.functions()).cellTimeout(Duration.ofSeconds(30)).open()) {
      return AiServices.builder(Clerk.class)
          .chatModel(model)
          .chatMemory(MessageWindowChatMemory.withMaxMessages(50))
          .toolProvider(tools.over(client.session()))
          .build()
          .answer(question);
    }
  }

  // end of snippet

  @Test
  void it_answers_by_code_that_calls_the_tools() {
    ScriptedModel model =
        new ScriptedModel()
            .runs(
                """
                import asyncio
                names = sum(await asyncio.gather(*(articles(shelf) for shelf in range(1, 10))), [])
                counts = await asyncio.gather(*map(stock, names))
                print(len(names), 'articles,', sum(counts), 'pieces')
                """)
            .repeats();
    String answer = ask(model, SupervisorClient.builder().trusted(), "How much is there?");
    assertThat(answer).matches("(?s)27 articles, -?\\d+ pieces\n\\[completed in .*");
    assertThat(model.requests).as("one turn for 36 calls, and one to answer").hasSize(2);
  }
}
