package dev.pyvisor.contract.load;

/**
 * What is alive on the heap of this JVM.
 *
 * <p>Immutable.
 */
public final class Heap {
  /** Bytes that the JVM itself, its tests and their framework may take while one looks. */
  public static final long OF_OTHERS = 16L << 20;

  private static final int COLLECTIONS = 2;

  private Heap() {}

  /** Bytes that are still there when what nobody holds has been collected. */
  public static long alive() {
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
