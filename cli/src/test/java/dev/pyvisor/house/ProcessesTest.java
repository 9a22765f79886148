package dev.pyvisor.house;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What holds for the code of all modules. It is tested here, where all others are built. */
class ProcessesTest {
  private static final Path ROOT = Path.of(System.getProperty("pyvisor.root"));

  private static final JavaClasses OURS = ours();

  private static JavaClasses ours() {
    // The rule asks for names alone; to read the libraries too took most of the time.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
    return new ClassFileImporter()
        .withImportOption(new ImportOption.DoNotIncludeTests())
        .importPackages("dev.pyvisor");
  }

  /** {@code Process.destroy} closes the streams under whoever reads them; the handle does not. */
  @Test
  void a_process_is_ended_by_its_handle() {
    noClasses()
        .should()
        .accessTargetWhere(
            DescribedPredicate.<JavaAccess<?>>describe(
                "is Process.destroy or Process.destroyForcibly",
                access ->
                    access.getTargetOwner().isAssignableTo(Process.class)
                        && access.getName().startsWith("destroy")))
        .check(OURS);
  }

  @Test
  void every_class_of_every_module_is_looked_at() throws IOException {
    List<String> missed = new ArrayList<>();
    for (String module : modules()) {
      List<String> types = types(ROOT.resolve(module));
      assertThat(types).as(module).isNotEmpty();
      types.stream().filter(type -> !OURS.contain(type)).forEach(missed::add);
    }
    assertThat(missed).isEmpty();
  }

  private static List<String> modules() throws IOException {
    String pom = Files.readString(ROOT.resolve("pom.xml"), StandardCharsets.UTF_8);
    return Pattern.compile("<module>(.+?)</module>")
        .matcher(pom)
        .results()
        .map(module -> module.group(1))
        .toList();
  }

  private static List<String> types(Path module) throws IOException {
    Path sources =
        Stream.of("src/main/java", "java/main")
            .map(module::resolve)
            .filter(Files::isDirectory)
            .findFirst()
            .orElseThrow();
    try (Stream<Path> files = Files.walk(sources)) {
      return files
          .map(file -> sources.relativize(file).toString())
          .filter(name -> name.endsWith(".java") && !name.endsWith("package-info.java"))
          .map(name -> name.replaceFirst("\\.java$", "").replace('/', '.'))
          .toList();
    }
  }
}
