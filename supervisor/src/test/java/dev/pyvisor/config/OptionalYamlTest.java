package dev.pyvisor.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A class path without the YAML library. */
class OptionalYamlTest {
  @TempDir Path scratch;

  @Test
  void without_the_library_yaml_is_refused_by_the_artifact_to_add_and_json_is_read()
      throws Exception {
    Path yaml = Files.writeString(scratch.resolve("agent.yaml"), "restart: false");
    Path json = Files.writeString(scratch.resolve("agent.json"), "{\"restart\": false}");
    try (URLClassLoader loader = withoutYaml()) {
      Method load = loader.loadClass(Configuration.class.getName()).getMethod("load", Path.class);

      assertThat(load.invoke(null, json)).hasToString(Configuration.load(json).toString());
      try {
        load.invoke(null, yaml);
        throw new AssertionError("YAML was read without a library");
      } catch (InvocationTargetException refused) {
        assertThat(refused.getCause())
            .hasMessageContaining(yaml + ": YAML needs")
            .hasMessageContaining("tools.jackson.dataformat:jackson-dataformat-yaml");
        assertThat(refused.getCause().getClass().getName())
            .isEqualTo(ConfigurationException.class.getName());
      }
    }
  }

  private static URLClassLoader withoutYaml() throws Exception {
    List<URL> rest = new ArrayList<>();
    String[] all = System.getProperty("java.class.path").split(File.pathSeparator);
    for (String entry : all) {
      if (!entry.contains("yaml")) {
        rest.add(Path.of(entry).toUri().toURL());
      }
    }
    assertThat(rest).hasSizeLessThan(all.length);
    return new URLClassLoader(rest.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
  }
}
