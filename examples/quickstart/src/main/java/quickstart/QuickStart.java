package quickstart;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.Session;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutputChunk;
import dev.pyvisor.tool.HostTool;

/** Runs an agent's cells, lets them call a Java method, and reads the outcome. */
public final class QuickStart {
  private QuickStart() {}

  // snippet: quickstart
  /** The program's own methods that the agent's Python may call. */
  public static final class Prices {
    @HostTool(description = "The price of an article in cents.")
    public int price(String article) {
      return article.equals("tea") ? 250 : 400;
    }
  }

  /** Runs three cells; returns what the last one computed. */
  public static int run(CellListener listener) {
    try (SupervisorClient client =
        SupervisorClient.builder().tools(new Prices()).trusted().open()) {
      Session session = client.session();

      session.execute("basket = ['tea', 'cake', 'tea']");

      Outcome outcome =
          session.execute(
              Cell.of(
                      """
                      import asyncio
                      prices = await asyncio.gather(*(price(article) for article in basket))
                      print("prices:", prices)
                      sum(prices)
                      """)
                  .withValue()
                  .listener(listener));

      Outcome failed = session.execute("basket[7]");
      System.out.println(failed.kind() + ": " + failed.error().orElseThrow().message());

      return outcome.value().orElseThrow().as(Integer.class);
    }
  }

  // end of snippet

  /** Prints the agent's output as it comes, then the result. */
  public static void main(String[] arguments) {
    int total =
        run(
            new CellListener() {
              @Override
              public void onOutput(OutputChunk chunk) {
                System.out.print(chunk.text());
              }
            });
    System.out.println("total: " + total + " cents");
  }
}
