package dev.pyvisor.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every key with values that it takes, those at its bounds among them, and values that it does not.
 */
class KeyTableTest {
  private static final String A_YEAR = "8760h";

  /**
   * One value of one key.
   *
   * @param expected what is kept of a good value; for a bad one what the message says
   */
  private record Row(String key, String value, boolean good, String expected) {}

  private static final List<Row> ROWS = new ArrayList<>();

  static {
    good("backend", "memory", "memory");
    good("backend", "elsewhere", "elsewhere");
    bad("backend", "memry", "'memry' is no backend on the class path; those there: ");
    bad("backend", "memry", "did you mean 'memory'?");
    bad("backend", "", "'' is no backend");
    for (String path :
        List.of("python", "workspace", "payload", "debug-log", "evidence-directory")) {
      good(path, "/usr/bin/python3", "/usr/bin/python3");
      good(path, "python3.11", "python3.11");
      bad(path, " ", "' ' is no path");
      bad(path, "~/agent", "'~/agent' begins with ~, which only a shell replaces");
      bad(path, "a\0b", "'a\\u0000b' is no path");
    }
    good("inherit-environment", "HOME , API_KEY", "HOME,API_KEY");
    good("inherit-environment", "", "");
    bad("inherit-environment", "HOME,,PATH", "'HOME,,PATH' has a name that is none");
    bad("inherit-environment", "A=B", "'A=B' has a name that is none");
    for (String flag : List.of("trusted", "verbose", "restart")) {
      good(flag, "true", "true");
      good(flag, "false", "false");
      bad(flag, "no", "'no' is neither true nor false; write false");
      bad(flag, "On", "'On' is neither true nor false; write true");
      bad(flag, "maybe", "'maybe' is neither true nor false; write one of these");
    }
    for (String limit : List.of("start-timeout", "call-timeout", "cell-timeout", "tool-timeout")) {
      good(limit, "1ms", "1ms");
      good(limit, "1.5s", "1500ms");
      good(limit, "5m", "300s");
      good(limit, A_YEAR, "31536000s");
      bad(limit, "5 parsecs", "'5 parsecs' is no duration; write 500ms, 2s, 1.5s or 5m");
      bad(limit, "300", "'300' is no duration; write 500ms, 2s, 1.5s or 5m");
      bad(limit, "0s", "'0s' leaves no time; write 1ms or more");
      bad(limit, "0.5ms", "'0.5ms' is finer than 1ms");
      bad(limit, "8760.001h", "'8760.001h' is longer than 365 days");
    }
    good("cell-timeout", "none", "none");
    good("tool-timeout", "none", "none");
    bad("start-timeout", "none", "'none' is no duration");
    bad("call-timeout", "none", "'none' is no duration");
    good("interrupt-grace", "0s", "0s");
    good("interrupt-grace", A_YEAR, "31536000s");
    bad("interrupt-grace", "none", "'none' is no duration");
    bad("interrupt-grace", "-1s", "'-1s' is no duration");
    bad("interrupt-grace", "8761h", "'8761h' is longer than 365 days");
    for (String word : List.of("auto", "always", "never")) {
      good("checkpoint", word, word);
    }
    bad("checkpoint", "alway", "'alway' is unknown; usable: auto, always, never; did you mean");
    bad("checkpoint", "AUTO", "did you mean 'auto'?");
    for (String word : List.of("process", "bubblewrap", "podman", "docker", "command")) {
      good("launcher", word, word);
    }
    bad("launcher", "bwrap", "'bwrap' is unknown; usable: process, bubblewrap, podman");
    bad("launcher", "Podman", "did you mean 'podman'?");
    for (String text : List.of("image", "container-options", "launch-command")) {
      good(text, "a b:c", "a b:c");
      bad(text, " ", "must not be blank and has no NUL; leave it out for its default");
      bad(text, "a\0b", "'a\\u0000b' has a NUL");
    }
    good("container", "a-b_c.9", "a-b_c.9");
    bad("container", "-a", "container '-a' is no name for a container; write 2 to 63 letters");
    bad("container", "a b", "container 'a b' is no name for a container");
    good("inputs", "/a/b.csv, models/", "/a/b.csv,models");
    good("inputs", "/a/b=c.csv", "/a/b=c.csv");
    good("inputs", "/a/b=c=d", "/a/b=c=d");
    good("inputs", "/a=b/c,/d/c=c2", "/a=b/c,/d/c=c2");
    good("inputs", "/a/b.csv=b.csv", "/a/b.csv");
    good("inputs", "", "");
    bad("inputs", "/a/c,/b/c", "inputs /a/c and /b/c would both be /inputs/c; give one of them");
    bad("inputs", "/a,,/b", "'' is no path");
    bad("inputs", "~/a", "'~/a' begins with ~, which only a shell replaces");
    bad("inputs", "/", "input /: '' cannot be its name in the sandbox");
    bad("inputs", "..", "input ..: '..' cannot be its name in the sandbox");
    bad("inputs", "/a=.", "input /a: '.' cannot be its name in the sandbox");
    bad("inputs", "/a/b:c", "input /a/b:c: 'b:c' cannot be its name in the sandbox");
    good("preload", "numpy, a.b", "numpy,a.b");
    good("preload", "", "");
    bad("preload", "numpy;os", "preload needs names of Python modules such as 'numpy', not 'num");
    bad("preload", "numpy,", "'numpy,' has a name that is none");
    good("tool-threads", "1", "1");
    good("tool-threads", "2147483647", "2147483647");
    bad("tool-threads", "0", "'0' is no whole number from 1 to 2147483647");
    bad("tool-threads", "2147483648", "'2147483648' is no whole number");
    bad("tool-threads", "64.0", "'64.0' is no whole number");
    bad("tool-threads", "0x10", "'0x10' is no whole number");
    bad("tool-threads", "\u0664", "'\u0664' is no whole number");
    for (String size : List.of("memory-limit", "file-size-limit", "workspace-limit")) {
      good(size, "512MiB", "512MiB");
      good(size, "1.5GiB", "1536MiB");
      good(size, "2GB", "1953125KiB");
      good(size, "1024TiB", "1024TiB");
      bad(size, "536870912", "'536870912' is no size; write 536870912B for bytes, or with another");
      bad(size, "1g", "'1g' is no size; write 1GiB or 1GB");
      bad(size, "512 MiB", "'512 MiB' is no size; write 512MiB or 512MB");
      bad(size, "much", "'much' is no size; write 512MiB, 1.5GiB or 2GB");
      bad(size, "-1MiB", "'-1MiB' is no size");
      bad(size, "1025TiB", "'1025TiB' is larger than 1024TiB");
      bad(size, "none", "'none' is no size");
    }
    good("memory-limit", "32MiB", "32MiB");
    bad("memory-limit", "31MiB", "'31MiB' is too small; write 32MiB or more");
    good("file-size-limit", "1B", "1B");
    bad("file-size-limit", "0B", "'0B' is too small; write 1B or more");
    bad("file-size-limit", "1.5B", "'1.5B' is no whole number of bytes");
    good("cpu-limit", "1.5s", "1500ms");
    bad("cpu-limit", "20", "'20' is no duration");
    good("process-limit", "1", "1");
    bad("process-limit", "0", "'0' is no whole number from 1 to");
    good("open-files-limit", "128", "128");
    bad("open-files-limit", "127", "'127' is no whole number from 128 to");
    for (String level : List.of("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")) {
      good("python-logging", level, level);
    }
    bad("python-logging", "WARN", "'WARN' is unknown; usable: DEBUG, INFO, WARNING, ERROR");
    bad("python-logging", "info", "did you mean 'INFO'?");
    good("environment.NAME", "", "");
    good("environment.NAME", "a = 'b', c", "a = 'b', c");
    bad("environment.NAME", "s3cret\0", "its value, which is not shown, is no text");
    good("elsewhere.address", "there", "there");
    bad("elsewhere.address", "th\0ere", "'th\\u0000ere' has a NUL");
    good("elsewhere.token", "s3cret", "s3cret");
    bad("elsewhere.token", "s3cret\0", "its value, which is not shown, is no text");
  }

  private static void good(String key, String value, String kept) {
    ROWS.add(new Row(key, value, true, kept));
  }

  private static void bad(String key, String value, String message) {
    ROWS.add(new Row(key, value, false, message));
  }

  @TestFactory
  Stream<DynamicTest> each_value_is_taken_or_refused_as_the_table_says() {
    ConfigKeys keys = ConfigKeys.onClassPath();
    return ROWS.stream()
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.key + "=" + Quote.plain(row.value),
                    () -> {
                      ConfigKey key = keys.find(row.key).orElseThrow();
                      if (row.good) {
                        assertThat(key.normal(row.value)).isEqualTo(row.expected);
                        assertThat(key.normal(row.expected)).isEqualTo(row.expected);
                      } else {
                        refused(row);
                      }
                    }));
  }

  private static void refused(Row row) {
    assertThatThrownBy(() -> Configuration.empty().with(row.key + "=" + row.value))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("--set: " + row.key + ": ")
        .hasMessageContaining(row.expected)
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void no_key_is_without_a_good_and_a_bad_value() {
    Set<String> good = new HashSet<>();
    Set<String> bad = new HashSet<>();
    ROWS.forEach(row -> (row.good ? good : bad).add(row.key));
    List<String> all = ConfigKey.all().stream().map(ConfigKey::name).toList();
    assertThat(all).hasSizeGreaterThan(15);
    assertThat(good).containsAll(all);
    assertThat(bad).containsAll(all);
  }
}
