package dev.pyvisor.contract.guard;

import dev.pyvisor.contract.backend.Row;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
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
  /**
   * The configuration parameter that bounds every limit, as a {@link Duration}'s text. A run that
   * has it expects tests that hang: they end without a report.
   */
  public static final String BOUND = "pyvisor.contract.limit";

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
    String name = name(context);
    Duration limit = limit(context);
    Optional<Duration> bound = context.getConfigurationParameter(BOUND, Duration::parse);
    if (bound.isPresent()) {
      Duration least = bound.get().compareTo(limit) < 0 ? bound.get() : limit;
      watch(name, least, () -> "it was to be expected", invocation::proceed);
    } else {
      watch(name, limit, invocation::proceed);
    }
  }

  /** Runs {@code work} under a limit, as a test of that name would run. */
  static void watch(String name, Duration limit, Work work) throws Throwable {
    watch(name, limit, () -> "see " + HangFile.write(name, limit), work);
  }

  private static void watch(String name, Duration limit, Supplier<String> explain, Work work)
      throws Throwable {
    AtomicReference<@Nullable String> report = new AtomicReference<>();
    Thread worker = Thread.currentThread();
    ScheduledFuture<?> alarm =
        CLOCK.schedule(
            () -> expired(explain, worker, report), limit.toNanos(), TimeUnit.NANOSECONDS);
    @Nullable Throwable failure = null;
    try {
      work.run();
    } catch (Throwable thrown) {
      failure = thrown;
    } finally {
      settle(alarm);
    }
    String explanation = report.get();
    if (explanation != null) {
      Thread.interrupted();
      throw new AssertionError(
          name + " hung for " + limit.toSeconds() + " s; " + explanation, failure);
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
      Supplier<String> explain, Thread worker, AtomicReference<@Nullable String> report) {
    report.set(explain.get());
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
    String row = Row.of(context).map(found -> found.name() + ".").orElse("");
    Optional<String> method = method(context).map(Method::getName);
    return row
        + type
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
