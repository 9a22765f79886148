package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.python.PythonChild;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What both sides of a conversation are waiting in, as a line of text. */
final class Whereabouts {
  private static final String OURS = Whereabouts.class.getPackageName() + ".";

  private Whereabouts() {}

  static String of(Wire wire, PythonChild child) {
    List<String> lines = new ArrayList<>();
    for (Thread thread : wire.threads()) {
      describe(thread).ifPresent(lines::add);
    }
    lines.add("peer in " + kernelFunction(child.pid()));
    return String.join("; ", lines);
  }

  /** The outermost call of a form, and what the JDK is doing for it. */
  private static Optional<String> describe(Thread thread) {
    StackTraceElement[] stack = thread.getStackTrace();
    if (stack.length == 0) {
      return Optional.empty();
    }
    String form =
        Arrays.stream(stack)
            .filter(frame -> frame.getClassName().startsWith(OURS))
            .map(
                frame ->
                    frame.getClassName().substring(OURS.length()) + "." + frame.getMethodName())
            .filter(frame -> !frame.startsWith("Wire") && !frame.startsWith("Framing"))
            .findFirst()
            .orElse("?");
    String inside = stack[0].getClassName() + "." + stack[0].getMethodName();
    return Optional.of(thread.getName() + " in " + form + " (" + inside + ")");
  }

  private static String kernelFunction(long pid) {
    try {
      String name = Files.readString(Path.of("/proc", Long.toString(pid), "wchan")).strip();
      return name.isEmpty() || name.equals("0") ? "an unknown wait" : name;
    } catch (IOException e) {
      return "an unknown wait";
    }
  }
}
