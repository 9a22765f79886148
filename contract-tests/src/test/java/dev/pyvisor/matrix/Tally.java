package dev.pyvisor.matrix;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.tool.Tool;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The tool {@code tally(key, ballast='')}: counts how often it was called with a key, and gives the
 * key and the size of its ballast back.
 *
 * <p>Thread-safe: by concurrent collections.
 */
final class Tally {
  private final Map<Integer, AtomicInteger> calls = new ConcurrentHashMap<>();

  Tool tool() {
    return Tool.named("tally")
        .parameter("key", Integer.class, "what is counted")
        .optional("ballast", String.class, "", "makes the call large")
        .handler(
            (arguments, context) -> {
              int key = arguments.get("key", Integer.class);
              calls.computeIfAbsent(key, k -> new AtomicInteger()).incrementAndGet();
              return key + arguments.get("ballast", String.class);
            });
  }

  /** The keys from 0 on, so many, were called with once each, and no other. */
  void readsOneForEachOf(int keys) {
    assertThat(calls).hasSize(keys);
    assertThat(calls).allSatisfy((key, times) -> assertThat(times).as("%s", key).hasValue(1));
  }
}
