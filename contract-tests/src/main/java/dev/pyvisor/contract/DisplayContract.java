package dev.pyvisor.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.Cell;
import dev.pyvisor.CellListener;
import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.backend.Capability;
import dev.pyvisor.contract.backend.Core;
import dev.pyvisor.contract.backend.Needs;
import dev.pyvisor.contract.backend.OneBackend;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import dev.pyvisor.outcome.OutcomeKind;
import dev.pyvisor.outcome.OutputChunk;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A cell shows objects in other forms than text. */
@OneBackend
@Core(from = Tier.WIDE)
@Needs(Capability.DISPLAYS)
public interface DisplayContract extends RunnerContract {
  /** An object with forms, as libraries have them. */
  String TABLE =
      """
      class Table:
          def __repr__(self): return 'a table'
          def _repr_html_(self): return '<b>é</b>'
          def _repr_png_(self): return b'\\x89PNG\\r\\n\\x1a\\n' + bytes(range(256)) * 1000
      """;

  @Test
  @Rule("LIF-21")
  default void an_object_arrives_in_all_its_forms_whole() {
    try (SupervisorClient client = open()) {
      Outcome outcome = client.session().execute(TABLE + "display(Table(), 'text')");
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEmpty();
      assertThat(outcome.displays()).hasSize(2);
      Display table = outcome.displays().get(0);
      assertThat(table.mediaTypes())
          .containsExactlyInAnyOrder("text/plain", "text/html", "image/png");
      assertThat(table.text()).isEqualTo("a table");
      assertThat(table.text("text/html")).contains("<b>é</b>");
      assertThat(table.bytes("image/png").orElseThrow()).hasSize(256_008).startsWith(0x89, 'P');
      assertThat(outcome.displays().get(1).text()).isEqualTo("text");
      assertThat(client.session().execute("1").displays()).isEmpty();
    }
  }

  @Test
  @Rule("LIF-21")
  default void the_listener_hears_of_each_in_its_order_while_the_cell_runs() {
    StringBuffer printed = new StringBuffer();
    List<String> heard = Collections.synchronizedList(new ArrayList<>());
    CellListener listener =
        new CellListener() {
          @Override
          public void onOutput(OutputChunk chunk) {
            printed.append(chunk.text());
          }

          @Override
          public void onDisplay(Display display) {
            heard.add(display.text());
          }
        };
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  Cell.of("for n in range(50):\n  print(n, flush=True)\n  display(n)")
                      .listener(listener));
      List<String> numbers = IntStream.range(0, 50).mapToObj(String::valueOf).toList();
      assertThat(heard).isEqualTo(numbers);
      assertThat(outcome.displays()).extracting(Display::text).isEqualTo(numbers);
      assertThat(printed.toString().lines()).isEqualTo(numbers);
    }
  }

  @Test
  @Rule("LIF-21")
  default void what_was_shown_before_a_cell_failed_or_died_is_there() {
    try (SupervisorClient client = open()) {
      Outcome raised = client.session().execute("display('shown')\n1/0");
      assertThat(raised.kind()).isEqualTo(OutcomeKind.RAISED);
      assertThat(raised.displays()).extracting(Display::text).containsExactly("shown");
      Outcome crashed = client.session().execute("display('last')\nimport os; os._exit(3)");
      assertThat(crashed.kind()).isEqualTo(OutcomeKind.CRASHED);
      assertThat(crashed.displays()).extracting(Display::text).containsExactly("last");
    }
  }

  @Test
  @Rule("LIF-21")
  default void more_than_a_hundred_objects_or_thirty_two_megabytes_are_an_error_of_the_cell() {
    try (SupervisorClient client = open()) {
      Outcome many = client.session().execute("for n in range(101): display(n)");
      assertThat(many.error().orElseThrow().message())
          .contains("a cell may show 100 objects of 33554432 bytes in all");
      assertThat(many.displays()).hasSize(100);
      Outcome large =
          client
              .session()
              .execute(
                  """
                  png = b'\\x89PNG\\r\\n\\x1a\\n' + bytes(20_000_000)
                  display(png)
                  display(png)
                  """);
      assertThat(large.error().orElseThrow().type()).isEqualTo("ValueError");
      assertThat(large.displays()).hasSize(1);
      assertThat(client.session().execute("display('next')").displays()).hasSize(1);
    }
  }

  @Test
  @Rule("LIF-21")
  default void threads_show_objects_too_and_a_name_of_the_users_own_stays() {
    try (SupervisorClient client = open()) {
      Outcome outcome =
          client
              .session()
              .execute(
                  """
                  import threading
                  thread = threading.Thread(target=display, args=('from a thread',))
                  thread.start(); thread.join()
                  from pyvisor import display as show
                  show('by its name')
                  display = 'mine'
                  print(display)
                  """);
      assertThat(outcome.error()).isEmpty();
      assertThat(outcome.stdoutText()).isEqualTo("mine\n");
      assertThat(outcome.displays()).extracting(Display::text).contains("by its name");
    }
  }
}
