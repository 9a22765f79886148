package dev.pyvisor.config;

import dev.pyvisor.internal.Backends;
import dev.pyvisor.transport.TransportProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every key that can be set: the fixed ones, those of the backends on the class path, whether
 * chosen or not, and the variables for cells.
 *
 * <p>Immutable.
 */
final class ConfigKeys {
  private static final String CELLS = ConfigKey.ENVIRONMENT + ".";

  private final Map<String, ConfigKey> byName = new LinkedHashMap<>();
  private final Map<String, ConfigKey> byVariable = new LinkedHashMap<>();
  private final Map<String, List<String>> optionsByBackend = new LinkedHashMap<>();

  ConfigKeys(List<TransportProvider> backends) {
    FixedKeys.ALL.forEach(this::enter);
    for (TransportProvider backend : backends) {
      List<String> names = new ArrayList<>();
      backend
          .options()
          .forEach(
              option -> {
                ConfigKey key = ConfigKey.option(backend.name(), option);
                names.add(key.name());
                enter(key);
              });
      optionsByBackend.put(backend.name(), names);
    }
  }

  static ConfigKeys onClassPath() {
    return new ConfigKeys(Backends.all());
  }

  private void enter(ConfigKey key) {
    ConfigKey other = byVariable.putIfAbsent(key.environmentVariable(), key);
    if (other != null) {
      throw new IllegalStateException(
          "the keys " + other.name() + " and " + key.name() + " have one environment variable");
    }
    byName.put(key.name(), key);
  }

  Optional<ConfigKey> find(String name) {
    return name.startsWith(CELLS)
        ? cellVariable(name.substring(CELLS.length()))
        : Optional.ofNullable(byName.get(name));
  }

  Optional<ConfigKey> findVariable(String variable) {
    String cells = ConfigKey.environment("").environmentVariable();
    return variable.startsWith(cells)
        ? cellVariable(variable.substring(cells.length()))
        : Optional.ofNullable(byVariable.get(variable));
  }

  /** Whether a map may stand under this name. */
  boolean isGroup(String name) {
    return name.equals(ConfigKey.ENVIRONMENT) || optionsByBackend.containsKey(name);
  }

  private static Optional<ConfigKey> cellVariable(String name) {
    boolean possible = !name.isEmpty() && name.indexOf('=') < 0 && name.indexOf('\0') < 0;
    return possible ? Optional.of(ConfigKey.environment(name)) : Optional.empty();
  }

  // ---- what is not there ----

  /** What to say of a key that is not there. */
  String unknown(String name) {
    if (isGroup(name)) {
      return Quote.of(name) + " takes a map of names and values, or write " + name + ".NAME";
    }
    if (name.startsWith(CELLS)) {
      return Quote.of(name) + " names no variable; a name is not empty and has no '='";
    }
    int dot = name.indexOf('.');
    return "unknown key "
        + Quote.of(name)
        + (dot < 0 ? nearest(name) : dotted(name, name.substring(0, dot)));
  }

  /** What to say of a variable that only looks like one of ours. */
  String unknownVariable(String variable, Set<String> others) {
    List<String> variables = new ArrayList<>(byVariable.keySet());
    variables.addAll(others);
    String rest = variable.substring(ConfigKey.VARIABLE.length());
    List<String> near =
        Nearest.to(
                rest,
                variables.stream().map(one -> one.substring(ConfigKey.VARIABLE.length())).toList())
            .words();
    return "is no key"
        + (near.isEmpty()
            ? "; unset it, or take one of " + String.join(", ", byVariable.keySet())
            : new Nearest(near.stream().map(ConfigKey.VARIABLE::concat).toList()).question());
  }

  private String nearest(String name) {
    List<String> known = new ArrayList<>(byName.keySet());
    known.add(ConfigKey.ENVIRONMENT);
    String question = Nearest.to(name, known).question();
    return question.isEmpty() ? "; the keys are " + String.join(", ", known) : question;
  }

  private String dotted(String name, String head) {
    List<String> options = optionsByBackend.get(head);
    if (options != null) {
      String question = Nearest.to(name, options).question();
      return !question.isEmpty()
          ? question
          : "; the backend "
              + head
              + (options.isEmpty() ? " takes no options" : " takes " + String.join(", ", options));
    }
    List<String> heads = new ArrayList<>(optionsByBackend.keySet());
    heads.add(ConfigKey.ENVIRONMENT);
    List<String> meant =
        Nearest.to(head, heads).words().stream()
            .map(near -> near + name.substring(head.length()))
            .filter(near -> find(near).isPresent())
            .toList();
    Nearest near = meant.isEmpty() ? Nearest.to(name, byName.keySet()) : new Nearest(meant);
    return near.words().isEmpty()
        ? ": no backend "
            + Quote.of(head)
            + " is on the class path; those there: "
            + Backends.listed()
        : near.question();
  }
}
