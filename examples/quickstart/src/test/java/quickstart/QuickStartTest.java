package quickstart;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pyvisor.CellListener;
import dev.pyvisor.outcome.OutputChunk;
import org.junit.jupiter.api.Test;

class QuickStartTest {
  @Test
  void the_basket_costs_nine_euros() {
    StringBuilder printed = new StringBuilder();

    int total =
        QuickStart.run(
            new CellListener() {
              @Override
              public void onOutput(OutputChunk chunk) {
                printed.append(chunk.text());
              }
            });

    assertEquals(900, total);
    assertEquals("prices: [250, 400, 250]\n", printed.toString());
  }
}
