package dev.pyvisor.bench;

import dev.pyvisor.SupervisorClient;
import dev.pyvisor.bench.Row.Yardstick;
import dev.pyvisor.bench.python.Interpreter;
import dev.pyvisor.pool.Lease;
import dev.pyvisor.pool.SessionPool;
import java.util.List;

/** How long a lease of a pool takes. */
final class PoolRows {
  private static final int EVERY = 5;

  private PoolRows() {}

  static List<Row> all() {
    return List.of(
        row("lease", "pyvisor: a lease of a pool, where a session is ready", PoolRows::ready),
        row(
            "lease-next",
            "pyvisor: a lease, right after the only session is given back",
            PoolRows::next));
  }

  /** What is measured of a pool. */
  private interface Leasing {
    long once(SessionPool pool);
  }

  private static long ready(SessionPool pool) {
    while (pool.status().idle() == 0) {
      Thread.onSpinWait(); // before the time begins: nobody else has a lease
    }
    long begin = System.nanoTime();
    Lease lease = pool.lease();
    long took = System.nanoTime() - begin;
    lease.close();
    return took;
  }

  private static long next(SessionPool pool) {
    Lease first = pool.lease();
    long begin = System.nanoTime();
    first.close();
    Lease second = pool.lease();
    long took = System.nanoTime() - begin;
    second.close();
    return took;
  }

  private static Row row(String key, String title, Leasing leasing) {
    return new Row(
        key,
        title,
        Yardstick.PYTHON_START,
        EVERY,
        workbench -> {
          Pool pool = workbench.subject(key, Pool.class, Pool::new);
          return new Probe(pool, () -> leasing.once(pool.pool));
        });
  }

  /** A pool of one runner. */
  private static final class Pool implements Subject {
    private final SessionPool pool;

    Pool(Interpreter interpreter) {
      pool =
          SessionPool.of(
                  () -> SupervisorClient.builder().python(interpreter.path()).trusted().open())
              .size(1)
              .open();
    }

    @Override
    public void abort() {
      pool.close();
    }

    @Override
    public void close() {
      pool.close();
    }
  }
}
