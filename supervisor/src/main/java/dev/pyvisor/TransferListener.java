package dev.pyvisor;

/**
 * Hears how far a put or a collect has come. A listener that is slow slows the transfer; what it
 * throws is logged and changes nothing.
 *
 * <p>Thread-safe: called from one thread at a time.
 */
@FunctionalInterface
public interface TransferListener {
  /**
   * Some bytes have arrived: at most 256 KiB more than the last time.
   *
   * @param path the file that they are of, below what is put or collected; empty where that is a
   *     file itself
   * @param bytes of all files, until now
   * @param total of all files
   */
  void onProgress(String path, long bytes, long total);
}
