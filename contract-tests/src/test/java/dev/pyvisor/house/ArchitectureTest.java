package dev.pyvisor.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The arrows between the modules point one way. */
class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.pyvisor");

  private static final String[] SUPERVISOR = {
    "dev.pyvisor",
    "dev.pyvisor.outcome..",
    "dev.pyvisor.error..",
    "dev.pyvisor.tool..",
    "dev.pyvisor.pool..",
    "dev.pyvisor.config..",
    "dev.pyvisor.document..",
    "dev.pyvisor.wire..",
    "dev.pyvisor.transport",
    "dev.pyvisor.diagnosis..",
    "dev.pyvisor.log..",
    "dev.pyvisor.internal.."
  };

  /** What programs and backends are written against; the rest is ours to change. */
  private static final String[] OFFERED = {
    "dev.pyvisor",
    "dev.pyvisor.outcome..",
    "dev.pyvisor.error..",
    "dev.pyvisor.tool..",
    "dev.pyvisor.pool..",
    "dev.pyvisor.config..",
    "dev.pyvisor.transport..",
    "dev.pyvisor.runner..",
    "dev.pyvisor.contract.."
  };

  /** The bounds have one home, and what a user chooses for a backend keeps the user's word. */
  private static final Set<String> SHARED =
      Set.of("dev.pyvisor.Defaults", "dev.pyvisor.Launcher", "dev.pyvisor.ResourceLimits");

  @Test
  void the_supervisor_knows_no_backend_and_no_payload() {
    noClasses()
        .that()
        .resideInAnyPackage(SUPERVISOR)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.pyvisor.transport.*..", "dev.pyvisor.runner..")
        .check(OURS);
  }

  @Test
  void the_wire_does_no_input_or_output_and_starts_nothing() {
    noClasses()
        .that()
        .resideInAPackage("dev.pyvisor.wire..")
        .should()
        .dependOnClassesThat(doesInputOrOutput())
        .check(OURS);
  }

  @Test
  void a_transport_knows_only_the_spi_and_the_words_that_the_spi_uses() {
    classes()
        .that()
        .resideInAPackage("dev.pyvisor.transport.*..")
        .should()
        .onlyDependOnClassesThat(
            DescribedPredicate.<JavaClass>describe(
                "outside the supervisor, or in the SPI's packages",
                type ->
                    !type.getPackageName().startsWith("dev.pyvisor")
                        || type.getPackageName().startsWith("dev.pyvisor.transport")
                        || SHARED.contains(type.getName())
                        || Set.of("dev.pyvisor.error", "dev.pyvisor.wire", "dev.pyvisor.runner")
                            .contains(type.getPackageName())))
        .check(OURS);
  }

  @Test
  void jackson_is_in_no_public_signature() {
    classes()
        .that()
        .arePublic()
        .and()
        .resideInAnyPackage(OFFERED)
        .should(notShowJackson())
        .check(OURS);
  }

  @Test
  void only_programs_and_tests_know_a_concrete_backend() {
    Set<String> knowing = new TreeSet<>();
    for (Path pom : Sources.files("pom.xml")) {
      String text = Sources.read(pom);
      String name = Sources.relative(pom);
      // The parent only manages versions.
      if (!name.equals("pom.xml")
          && dependencies(text).contains("<artifactId>pyvisor-transport-")) {
        knowing.add(name);
      }
    }
    assertThat(knowing)
        .allMatch(name -> name.matches("(cli|contract-tests|benchmarks|integrations|examples)/.*"));
    assertThat(knowing).contains("cli/pom.xml", "contract-tests/pom.xml");
  }

  private static String dependencies(String pom) {
    int start = pom.indexOf("<dependencies>");
    return start < 0 ? "" : pom.substring(start, pom.lastIndexOf("</dependencies>"));
  }

  private static DescribedPredicate<JavaClass> doesInputOrOutput() {
    return DescribedPredicate.describe(
        "do input or output, or start processes or threads",
        type ->
            type.getPackageName().startsWith("java.net")
                || type.getPackageName().startsWith("java.nio.channels")
                || type.getPackageName().startsWith("java.nio.file")
                || type.getPackageName().equals("java.io")
                    && type.getSimpleName().matches(".*(Stream|Reader|Writer|File)")
                || type.getName()
                    .matches("java\\.lang\\.(Process|ProcessBuilder|ProcessHandle|Runtime|Thread)")
                || type.getName().startsWith("java.util.concurrent.Executor"));
  }

  private static ArchCondition<JavaClass> notShowJackson() {
    return new ArchCondition<>("show no type of Jackson to others") {
      @Override
      public void check(JavaClass type, ConditionEvents events) {
        for (JavaCodeUnit unit : type.getCodeUnits()) {
          boolean shown =
              unit.getModifiers().contains(JavaModifier.PUBLIC)
                  || unit.getModifiers().contains(JavaModifier.PROTECTED);
          boolean jackson =
              unit.getRawReturnType().getPackageName().startsWith("tools.jackson")
                  || unit.getRawParameterTypes().stream()
                      .anyMatch(
                          parameter -> parameter.getPackageName().startsWith("tools.jackson"));
          if (shown && jackson) {
            events.add(SimpleConditionEvent.violated(unit, unit.getFullName()));
          }
        }
      }
    };
  }
}
