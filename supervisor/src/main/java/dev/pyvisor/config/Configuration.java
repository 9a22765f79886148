package dev.pyvisor.config;

import dev.pyvisor.Defaults;
import dev.pyvisor.SupervisorClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a client that come from outside of its program. They are read in layers: an
 * assignment wins over the environment, that over the document, that over the defaults; and what is
 * called on the builder after {@link SupervisorClient.Builder#configuration} wins over them all.
 * docs/configuration.md lists the keys.
 *
 * <p>What is wrong with a layer is told at once: every unknown key and every bad value, where it
 * was written, and what to write instead. Two are equal when they set the same keys to the same
 * values, wherever these were written.
 *
 * <p>Immutable.
 */
public final class Configuration {
  private static final Configuration EMPTY = new Configuration(Map.of());

  private final Map<String, Assigned> assigned;

  private Configuration(Map<String, Assigned> assigned) {
    this.assigned = assigned;
  }

  /** Nothing is set. */
  public static Configuration empty() {
    return EMPTY;
  }

  /**
   * Reads a document, YAML or JSON by the ending of its name. YAML needs {@code
   * tools.jackson.dataformat:jackson-dataformat-yaml} on the class path.
   *
   * @throws ConfigurationException when it cannot be read, or anything in it is wrong
   */
  public static Configuration load(Path file) {
    return parse(DocumentFile.text(file), ConfigFormat.of(file), file.toString());
  }

  /**
   * Reads a document.
   *
   * @param source what messages call it
   * @throws ConfigurationException when anything in it is wrong
   */
  public static Configuration parse(String text, ConfigFormat format, String source) {
    String document = text.startsWith("\uFEFF") ? text.substring(1) : text;
    if (document.length() > Defaults.CONFIGURATION_BYTES) {
      throw new ConfigurationException(
          List.of(Quote.plain(source + ": " + DocumentFile.tooLarge())));
    }
    try {
      return EMPTY.and(ConfigReader.read(document, format, source));
    } catch (NoClassDefFoundError missing) {
      throw new ConfigurationException(
          List.of(
              Quote.plain(source)
                  + ": YAML needs tools.jackson.dataformat:jackson-dataformat-yaml on the class"
                  + " path; add it, or write the document as JSON"));
    }
  }

  /**
   * The same, and what the variables {@code PYVISOR_<KEY>} say; usually of {@code System.getenv()}.
   *
   * @throws ConfigurationException when one that begins so is no key, or has a bad value
   */
  public Configuration withEnvironment(Map<String, String> environment) {
    return and(EnvironmentLayer.read(environment));
  }

  /**
   * The same, and what these say, {@code KEY=VALUE} each; the later one of two for a key wins.
   *
   * @throws ConfigurationException when one is no assignment, its key unknown or its value bad
   */
  public Configuration with(String... assignments) {
    return and(AssignmentLayer.read(List.of(assignments)));
  }

  /** What is set, in the order of the table of keys, then by name. */
  public List<Setting> settings() {
    return ordered().stream().map(Assigned::shown).toList();
  }

  /** What holds: the same, and the defaults of what nobody set. */
  public List<Setting> effective() {
    List<Setting> all = new ArrayList<>();
    FixedKeys.ALL.stream()
        .map(key -> find(key).map(Assigned::shown).orElseGet(() -> standard(key)))
        .forEach(all::add);
    others().forEach(other -> all.add(other.shown()));
    return all;
  }

  /** Sets all of it on a builder; {@link SupervisorClient.Builder#configuration} does that. */
  public void applyTo(SupervisorClient.Builder builder) {
    ordered().forEach(one -> one.key().set(builder, one.value()));
  }

  private static Setting standard(ConfigKey key) {
    return new Setting(key.name(), key.standard(), Origin.DEFAULT);
  }

  private Configuration and(Map<String, Assigned> layer) {
    Map<String, Assigned> both = new TreeMap<>(assigned);
    layer.forEach(
        (name, later) ->
            both.merge(
                name,
                later,
                (before, after) ->
                    before.origin().layer().compareTo(after.origin().layer()) > 0
                        ? before
                        : after));
    return new Configuration(both);
  }

  private List<Assigned> ordered() {
    List<Assigned> ordered = new ArrayList<>();
    FixedKeys.ALL.forEach(key -> find(key).ifPresent(ordered::add));
    ordered.addAll(others());
    return ordered;
  }

  private List<Assigned> others() {
    return assigned.values().stream().filter(one -> !FixedKeys.ALL.contains(one.key())).toList();
  }

  private Optional<Assigned> find(ConfigKey key) {
    return Optional.ofNullable(assigned.get(key.name()));
  }

  private Map<String, String> values() {
    return assigned.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> entry.getValue().value()));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Configuration configuration && values().equals(configuration.values());
  }

  @Override
  public int hashCode() {
    return values().hashCode();
  }

  /** What is set and where; no secret is in it. */
  @Override
  public String toString() {
    return settings().stream()
        .map(one -> one.key() + "=" + one.value() + " (" + one.origin().place() + ")")
        .collect(Collectors.joining(", ", "Configuration[", "]"));
  }
}
