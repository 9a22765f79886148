package dev.pyvisor.bench;

import dev.pyvisor.bench.python.Interpreter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The interpreter and the subjects of one run, each subject opened when the first row needs it.
 *
 * <p>Confined to the measuring thread.
 */
final class Workbench implements AutoCloseable {
  /** Opens a subject. */
  interface Starter<T> {
    T start(Interpreter interpreter) throws Exception;
  }

  private final Interpreter interpreter;
  private final long availableMemory;
  private final Map<Object, Subject> subjects = new LinkedHashMap<>();

  /**
   * @param availableMemory bytes, before any subject was opened
   */
  Workbench(Interpreter interpreter, long availableMemory) {
    this.interpreter = interpreter;
    this.availableMemory = availableMemory;
  }

  Interpreter interpreter() {
    return interpreter;
  }

  long availableMemory() {
    return availableMemory;
  }

  /** The one subject of this type. */
  <T extends Subject> T subject(Class<T> type, Starter<T> starter) throws Exception {
    return subject(type, type, starter);
  }

  /** The one subject of this type under this key. */
  <T extends Subject> T subject(Object key, Class<T> type, Starter<T> starter) throws Exception {
    Subject open = subjects.get(key);
    if (open == null) {
      open = starter.start(interpreter);
      subjects.put(key, open);
    }
    return type.cast(open);
  }

  @Override
  public void close() {
    List<Subject> latestFirst = new ArrayList<>(subjects.values());
    Collections.reverse(latestFirst);
    latestFirst.forEach(Subject::close);
    subjects.clear();
  }
}
