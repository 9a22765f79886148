package dev.pyvisor.house;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.RunnerContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.Half;
import dev.pyvisor.contract.backend.Pythons;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.support.ReflectionSupport;

/** Nothing escapes the matrix: each backend is held against each contract, on each Python. */
class MatrixTest {

  @Test
  void every_transport_has_a_row_for_every_python() {
    Map<String, Set<Pythons>> rows = rows();
    // A module that provides none is what the backends share.
    List<String> transports =
        named(
            "TransportProvider",
            "transports/(\\w+)/src/main/resources/META-INF/services/dev.pyvisor.transport.TransportProvider");
    assertThat(transports).contains("pipe");
    for (String transport : transports) {
      assertThat(rows)
          .as("backends with a class that is annotated @Backend")
          .containsKey(transport);
      assertThat(covers(rows.get(transport))).as("%s: %s", transport, rows.get(transport)).isTrue();
    }
  }

  @Test
  void a_transport_that_leaves_pythons_out_is_noticed() {
    assertThat(covers(EnumSet.of(Pythons.ALL))).isTrue();
    assertThat(covers(EnumSet.of(Pythons.STANDARD, Pythons.OLDER, Pythons.NEWER))).isTrue();
    assertThat(covers(EnumSet.of(Pythons.STANDARD, Pythons.NEWER))).isFalse();
    assertThat(covers(EnumSet.of(Pythons.OLDER, Pythons.NEWER))).isFalse();
    assertThat(covers(EnumSet.of(Pythons.STANDARD_WITHOUT_HEAVY))).isFalse();
  }

  @Test
  void a_row_that_two_classes_share_has_both_halves() {
    Map<String, Set<Half>> halves = new TreeMap<>();
    for (Class<?> type : suites()) {
      Backend backend = type.getAnnotation(Backend.class);
      String row = backend.value().getSimpleName() + ", " + backend.pythons();
      halves.computeIfAbsent(row, key -> EnumSet.noneOf(Half.class)).add(backend.half());
    }
    Set<Half> shared = EnumSet.of(Half.FIRST, Half.SECOND);
    assertThat(halves)
        .allSatisfy((row, of) -> assertThat(of).isIn(EnumSet.of(Half.BOTH), shared))
        .containsValue(shared);
    for (Class<?> contract : BackendContract.class.getDeclaredClasses()) {
      String name = contract.getSimpleName();
      assertThat(Half.BOTH.has(name)).isTrue();
      assertThat(Half.FIRST.has(name)).as(name).isNotEqualTo(Half.SECOND.has(name));
    }
  }

  @Test
  void the_suite_has_every_contract() {
    List<String> written =
        named(
            "Contract.java",
            "contract-tests/src/main/java/dev/pyvisor/contract/(\\w+Contract)\\.java");
    written.removeAll(
        List.of(RunnerContract.class.getSimpleName(), BackendContract.class.getSimpleName()));
    assertThat(written).contains("ExecutionContract", "LargeMessageContract");
    Set<String> held = new TreeSet<>();
    contracts(BackendContract.class).forEach(contract -> held.add(contract.getSimpleName()));
    assertThat(held).containsExactlyInAnyOrderElementsOf(written);
  }

  private static boolean covers(Set<Pythons> pythons) {
    return pythons.contains(Pythons.ALL)
        || pythons.containsAll(EnumSet.of(Pythons.STANDARD, Pythons.OLDER, Pythons.NEWER));
  }

  /** The test classes of this module that are held to the contracts. */
  private static List<Class<?>> suites() {
    Predicate<Class<?>> suite =
        type ->
            BackendContract.class.isAssignableFrom(type)
                && !Modifier.isAbstract(type.getModifiers())
                && type.isAnnotationPresent(Backend.class);
    return ReflectionSupport.findAllClassesInPackage("dev.pyvisor", suite, name -> true);
  }

  /** What they are annotated with. */
  private static Map<String, Set<Pythons>> rows() {
    Map<String, Set<Pythons>> rows = new TreeMap<>();
    for (Class<?> type : suites()) {
      Backend backend = type.getAnnotation(Backend.class);
      String name = ReflectionSupport.newInstance(backend.value()).name();
      rows.computeIfAbsent(name, key -> EnumSet.noneOf(Pythons.class)).add(backend.pythons());
    }
    return rows;
  }

  /** The contracts of the nested classes, however deep. */
  private static List<Class<?>> contracts(Class<?> outer) {
    List<Class<?>> contracts = new ArrayList<>();
    for (Class<?> nested : outer.getDeclaredClasses()) {
      if (nested.isAnnotationPresent(Nested.class)) {
        contracts.addAll(List.of(nested.getInterfaces()));
        contracts.addAll(contracts(nested));
      }
    }
    return contracts;
  }

  private static List<String> named(String ending, String pattern) {
    List<String> names = new ArrayList<>();
    for (Path file : Sources.files(ending)) {
      String path = Sources.relative(file);
      if (path.matches(pattern)) {
        names.add(path.replaceFirst(pattern, "$1"));
      }
    }
    return names;
  }
}
