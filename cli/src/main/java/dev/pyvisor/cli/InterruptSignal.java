package dev.pyvisor.cli;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * SIGINT, which a terminal sends on Ctrl-C. Java has {@code sun.misc.Signal} for it, in a module of
 * every JDK; it is reached by name because naming it in code is a warning of the compiler that
 * nothing turns off.
 */
final class InterruptSignal {
  private InterruptSignal() {}

  /**
   * Lets an action run at each SIGINT from now on, in a new thread each time. Where SIGINT was
   * ignored from the start, as in a job that a script put into the background, the JVM keeps it so;
   * where the JVM leaves the signal alone (-Xrs), it ends the program at once.
   */
  static void handle(Runnable action) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Method handle = signalType.getMethod("handle", signalType, handlerType);
      Object signal = signalType.getConstructor(String.class).newInstance("INT");
      Object handler =
          Proxy.newProxyInstance(
              InterruptSignal.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) -> {
                action.run();
                return null;
              });
      handle.invoke(null, signal, handler);
    } catch (ReflectiveOperationException unusable) {
      // The JVM's own way stays: the first Ctrl-C ends the program, and nothing is left of it.
    }
  }
}
