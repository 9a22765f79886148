package dev.pyvisor.cli;

import dev.pyvisor.TransferListener;
import java.io.PrintStream;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Says how far a copy has come that takes long: a line for each few seconds.
 *
 * <p>Called from one thread at a time.
 */
final class CopyProgress implements TransferListener {
  private static final long EACH_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long MIB = 1 << 20;

  private final String what;
  private final PrintStream err;
  private final LongSupplier clock;
  private long lastNanos;

  CopyProgress(String what, PrintStream err) {
    this(what, err, System::nanoTime);
  }

  CopyProgress(String what, PrintStream err, LongSupplier clock) {
    this.what = what;
    this.err = err;
    this.clock = clock;
    lastNanos = clock.getAsLong();
  }

  @Override
  public void onProgress(String path, long bytes, long total) {
    long now = clock.getAsLong();
    if (now - lastNanos >= EACH_NANOS) {
      lastNanos = now;
      err.println("pyvisor: " + what + ": " + bytes / MIB + " of " + total / MIB + " MiB");
    }
  }
}
