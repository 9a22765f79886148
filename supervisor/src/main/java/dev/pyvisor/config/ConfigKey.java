package dev.pyvisor.config;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.transport.BackendOption;
import dev.pyvisor.transport.Secrecy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * One thing that can be configured. Its name is the same in a document, in an assignment and, in
 * capitals, as an environment variable.
 *
 * <p>Immutable.
 */
public final class ConfigKey {
  static final String VARIABLE = "PYVISOR_";

  /** Where the variables stand that cells see. */
  static final String ENVIRONMENT = "environment";

  private final KeyText text;
  private final String variable;
  private final Secrecy secrecy;
  private final Value<?> value;

  private ConfigKey(KeyText text, String variable, Secrecy secrecy, Value<?> value) {
    this.text = text;
    this.variable = variable;
    this.secrecy = secrecy;
    this.value = value;
  }

  static <T> ConfigKey of(
      KeyText text, ValueType<T> type, BiConsumer<SupervisorClient.Builder, T> setter) {
    return new ConfigKey(text, variable(text.name()), Secrecy.OPEN, new Value<>(type, setter));
  }

  /** Sets a variable for cells. Its value is often a password, and is never shown. */
  static ConfigKey environment(String name) {
    KeyText text =
        new KeyText(
            ENVIRONMENT + "." + name,
            "PATH, HOME, LANG, TZ and few others",
            "A variable that cells see.",
            "environment(name, value)");
    return new ConfigKey(
        text,
        // A variable's name keeps its case: cells look for exactly that.
        variable(ENVIRONMENT + ".") + name,
        Secrecy.SECRET,
        new Value<>(ValueType.TEXT, (builder, value) -> builder.environment(name, value)));
  }

  /** Sets what only one backend takes. */
  static ConfigKey option(String backend, BackendOption option) {
    String name = backend + "." + option.name();
    KeyText text =
        new KeyText(name, "as the backend says", option.description(), "backendOption(key, value)");
    return new ConfigKey(
        text,
        variable(name),
        option.secrecy(),
        new Value<>(ValueType.TEXT, (builder, value) -> builder.backendOption(name, value)));
  }

  /**
   * Every key that is there on any class path, in the order in which they are set; {@code
   * environment.NAME} stands for all variables. Backends add {@code <backend>.<option>}.
   */
  public static List<ConfigKey> all() {
    List<ConfigKey> all = new ArrayList<>(FixedKeys.ALL);
    all.add(environment("NAME"));
    return all;
  }

  public String name() {
    return text.name();
  }

  /** What a value of it is, in a few words. */
  public String type() {
    return value.type.form();
  }

  /** Its value where nobody sets it, or what is done then. */
  public String standard() {
    return text.standard();
  }

  /** What it means, in one sentence. */
  public String meaning() {
    return text.meaning();
  }

  /** The methods of {@link SupervisorClient.Builder} that do the same. */
  public String builder() {
    return text.builder();
  }

  /** The environment variable that sets it. */
  public String environmentVariable() {
    return variable;
  }

  /** Whether its value is never shown. */
  public boolean secret() {
    return secrecy == Secrecy.SECRET;
  }

  boolean list() {
    return value.type.list();
  }

  /**
   * The value in its one form.
   *
   * @throws IllegalArgumentException with the value, unless it is secret, and what to write instead
   */
  String normal(String written) {
    try {
      return value.normal(written);
    } catch (IllegalArgumentException refused) {
      throw secret()
          ? new IllegalArgumentException("its value, which is not shown, is no " + type())
          : refused;
    }
  }

  /** Sets a value that {@link #normal} has let pass. */
  void set(SupervisorClient.Builder builder, String normal) {
    value.set(builder, normal);
  }

  private static String variable(String name) {
    return VARIABLE + name.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
  }

  private record Value<T>(ValueType<T> type, BiConsumer<SupervisorClient.Builder, T> setter) {
    String normal(String written) {
      T value = type.read(written);
      // What the builder refuses is refused here, where it is known who wrote it.
      setter.accept(SupervisorClient.builder(), value);
      return type.writer().apply(value);
    }

    void set(SupervisorClient.Builder builder, String normal) {
      setter.accept(builder, type.read(normal));
    }
  }
}
