package dev.pyvisor.contract.guard;

import java.lang.reflect.Method;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.DynamicTestInvocationContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Gives every test twenty seconds, or what its {@link Limit} says. When they are over, everything
 * that explains the hang is written to a file of its own; then the runner's processes are killed
 * and the test's thread is interrupted, so that the test ends, and fails.
 *
 * <p>Thread-safe: its only state is the clock's executor.
 */
public final class HangReport implements InvocationInterceptor {
  private static final Duration USUAL = Duration.ofSeconds(20);
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(
          work -> {
            Thread thread = new Thread(work, "hang-report-clock");
            thread.setDaemon(true);
            return thread;
          });

  @Override
  public void interceptTestMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    limited(invocation, context);
  }

  @Override
  public void interceptTestTemplateMethod(
      Invocation<@Nullable Void> invocation,
      ReflectiveInvocationContext<Method> method,
      ExtensionContext context)
      throws Throwable {
    limited(invocation, context);
  }

  @Override
  public void interceptDynamicTest(
      Invocation<@Nullable Void> invocation,
      DynamicTestInvocationContext test,
      ExtensionContext context)
      throws Throwable {
    limited(invocation, context);
  }

  private static void limited(Invocation<@Nullable Void> invocation, ExtensionContext context)
      throws Throwable {
    Duration limit = limit(context);
    watch(name(context), limit, invocation::proceed);
  }

  /** Runs {@code work} under a limit, as a test of that name would run. */
  static void watch(String name, Duration limit, Work work) throws Throwable {
    AtomicReference<@Nullable Path> report = new AtomicReference<>();
    Thread worker = Thread.currentThread();
    ScheduledFuture<?> alarm =
        CLOCK.schedule(
            () -> expired(name, limit, worker, report), limit.toNanos(), TimeUnit.NANOSECONDS);
    @Nullable Throwable failure = null;
    try {
      work.run();
    } catch (Throwable thrown) {
      failure = thrown;
    } finally {
      settle(alarm);
    }
    Path file = report.get();
    if (file != null) {
      Thread.interrupted();
      throw new AssertionError(
          name + " hung for " + limit.toSeconds() + " s; see " + file, failure);
    }
    if (failure != null) {
      throw failure;
    }
  }

  /** After this the alarm neither runs nor will: a late interrupt must not hit the next test. */
  private static void settle(ScheduledFuture<?> alarm) {
    if (!alarm.cancel(false)) {
      boolean interrupted = false;
      while (true) {
        try {
          alarm.get();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException | CancellationException e) {
          break;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void expired(
      String name, Duration limit, Thread worker, AtomicReference<@Nullable Path> report) {
    report.set(HangFile.write(name, limit));
    ProcFs.descendants().toList().forEach(ProcessHandle::destroyForcibly);
    worker.interrupt();
  }

  /** The method's own limit, else that of the contract that declares it, else its class's. */
  private static Duration limit(ExtensionContext context) {
    Optional<Method> method = method(context);
    return Stream.of(method, method.map(Method::getDeclaringClass), context.getTestClass())
        .flatMap(Optional::stream)
        .map(place -> Optional.ofNullable(place.getAnnotation(Limit.class)))
        .flatMap(Optional::stream)
        .findFirst()
        .map(own -> Duration.ofSeconds(own.seconds()))
        .orElse(USUAL);
  }

  /** A dynamic test has its factory's method. */
  private static Optional<Method> method(ExtensionContext context) {
    return context.getTestMethod().or(() -> context.getParent().flatMap(HangReport::method));
  }

  private static String name(ExtensionContext context) {
    String type = context.getTestClass().map(Class::getSimpleName).orElse("test");
    Optional<String> method = method(context).map(Method::getName);
    return type
        + "."
        + method.orElse("")
        + "."
        + Long.toHexString(context.getUniqueId().hashCode());
  }

  /** What is watched. */
  @FunctionalInterface
  interface Work {
    void run() throws Throwable;
  }
}
