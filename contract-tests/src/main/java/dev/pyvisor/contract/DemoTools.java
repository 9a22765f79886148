package dev.pyvisor.contract;

import dev.pyvisor.tool.Tool;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Small tools that several contracts use. */
final class DemoTools {
  private DemoTools() {}

  /** Answers asynchronously: {@code await add(2, 3)} is {@code {"total": 5}}. */
  static Tool adder() {
    return Tool.named("add")
        .description("Adds two numbers.")
        .parameter("a", int.class, "the first")
        .parameter("b", int.class, "the second")
        .handler(
            (arguments, context) -> {
              int sum = arguments.get("a", Integer.class) + arguments.get("b", Integer.class);
              return CompletableFuture.supplyAsync(() -> Map.of("total", sum));
            });
  }
}
