package dev.pyvisor.cli;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * SIGINT, which a terminal sends on Ctrl-C. Java offers {@code sun.misc.Signal} for it, in a module
 * that every JDK has; it is reached by name because naming it in code is a warning of the compiler
 * that nothing turns off.
 */
final class InterruptSignal {
  private InterruptSignal() {}

  /**
   * Lets an action run at each SIGINT from now on, in a new thread each time. Where SIGINT is
   * ignored, as in a job that a script put in the background, it stays ignored; where the JVM keeps
   * the signal for itself (-Xrs), it ends the program as before.
   */
  static void handle(Runnable action) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      MethodHandle handle =
          lookup.findStatic(
              signalType, "handle", MethodType.methodType(handlerType, signalType, handlerType));
      MethodHandle run =
          lookup.findVirtual(Runnable.class, "run", MethodType.methodType(void.class));
      Object handler =
          MethodHandleProxies.asInterfaceInstance(
              handlerType, MethodHandles.dropArguments(run.bindTo(action), 0, signalType));
      Object signal = signalType.getConstructor(String.class).newInstance("INT");
      Object before = handle.invoke(signal, handler);
      Object ignored = handlerType.getField("SIG_IGN").get(null);
      if (before == ignored) {
        handle.invoke(signal, ignored);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException unusable) {
      // The default stays: the first Ctrl-C ends the program, and nothing is left of it.
    } catch (Throwable defect) {
      throw new AssertionError(defect);
    }
  }
}
