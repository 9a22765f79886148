package dev.pyvisor.contract.backend;

import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.opentest4j.TestAbortedException;

/**
 * Turns the expected failure of a known gap into a skip, and its success into a failure.
 *
 * <p>Thread-safe: no state of its own.
 */
public final class GapWatch implements InvocationInterceptor {
  /** What the reason begins with where a test was skipped because its failure is known. */
  public static final String KNOWN_GAP = "known gap: ";

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> test,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    KnownGap gap = method.getExecutable().getAnnotation(KnownGap.class);
    try {
      test.proceed();
    } catch (TestAbortedException noChance) {
      throw noChance;
    } catch (Throwable expected) {
      throw new TestAbortedException(KNOWN_GAP + gap.reason(), expected);
    }
    throw new AssertionError(
        "a known gap is closed: \""
            + gap.reason()
            + "\"; take @KnownGap from this test, and its line from the README");
  }
}
