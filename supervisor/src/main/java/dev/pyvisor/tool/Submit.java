package dev.pyvisor.tool;

/**
 * Says what answer a cell may end itself with.
 *
 * <p>Confined to the calling thread.
 */
public final class Submit {
  private final String name;
  private String description = "";

  Submit(String name) {
    this.name = Names.check(name, "the name of the submit function");
  }

  /** What the answer is for: the docstring in Python. */
  public Submit description(String text) {
    description = text;
    return this;
  }

  /** Takes whatever fields it is given. */
  public Tool anyFields() {
    return Tool.submitting(name, description, Answer.ANY);
  }

  /**
   * Takes the components of a record, an Optional one being optional; {@link Param} on a component
   * describes it. What does not fit is told in Python, in all its places, and not submitted.
   *
   * @throws IllegalArgumentException when a component has a type that no Python value can become
   */
  public Tool fields(Class<? extends Record> type) {
    return Tool.submitting(name, description, Answer.of(name, type));
  }

  /**
   * Takes an object that fits a JSON schema (2020-12), of which only what a value can be checked by
   * is understood: types, {@code enum}, {@code const}, bounds of numbers, texts, arrays and
   * objects, {@code items}, {@code prefixItems}, {@code properties}, {@code required}, {@code
   * additionalProperties}, {@code anyOf}, {@code oneOf}, {@code allOf}, {@code not}, and references
   * within it. Formats that are checked: date, time, date-time, duration, uuid, binary.
   *
   * @throws IllegalArgumentException when it is no such schema; the message names the place
   */
  public Tool schema(String json) {
    return Tool.submitting(name, description, Answer.of(name, json));
  }
}
