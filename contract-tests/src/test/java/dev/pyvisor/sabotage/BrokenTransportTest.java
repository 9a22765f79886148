package dev.pyvisor.sabotage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.contract.ExecutionContract;
import dev.pyvisor.contract.Rule;
import dev.pyvisor.contract.guard.Census;
import dev.pyvisor.contract.guard.HangReport;
import dev.pyvisor.contract.guard.OpenClients;
import dev.pyvisor.contract.load.Interpreters;
import dev.pyvisor.outcome.Outcome;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/** Each fault is caught by the contract that is there for it, and by no other. */
@ExtendWith({Census.class, HangReport.class})
class BrokenTransportTest {
  private static final String[] FAULTS = {
    "drops-output", "repeats-output", "changes-output", "output-after-reply"
  };

  @TestFactory
  @Rule({"LIF-3", "LIF-4"})
  Stream<DynamicTest> output_that_differs_from_the_totals_is_never_a_success() {
    return Stream.of(FAULTS).map(fault -> DynamicTest.dynamicTest(fault, () -> isNoSuccess(fault)));
  }

  @TestFactory
  Stream<DynamicTest> the_contract_of_exact_output_catches() {
    return Stream.of(FAULTS).map(fault -> DynamicTest.dynamicTest(fault, () -> isCaught(fault)));
  }

  private static void isNoSuccess(String fault) {
    try (SupervisorClient client = OpenClients.open(client(fault))) {
      Outcome outcome = client.session().execute("print('hi')");
      assertThat(outcome.ok()).isFalse();
      assertThat(outcome.cause().orElseThrow().kind()).isEqualTo("output_integrity");
    }
  }

  private static void isCaught(String fault) {
    ExecutionContract contract = () -> client(fault);
    assertThat(catchThrowable(contract::what_a_cell_prints_comes_back_exactly))
        .isInstanceOf(AssertionError.class);
    contract.a_cell_that_prints_nothing_has_empty_output();
  }

  private static SupervisorClient.Builder client(String fault) {
    return SupervisorClient.builder().backend(fault).python(Interpreters.standard()).trusted();
  }
}
