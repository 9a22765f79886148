package dev.pyvisor.internal;

import dev.pyvisor.Defaults;
import dev.pyvisor.TransferListener;
import dev.pyvisor.error.ErrorCode;
import java.util.Optional;

/**
 * The bytes of one transfer: counted, bounded, told.
 *
 * <p>Confined to the thread that copies.
 */
final class Progress {
  private final FileCalls calls;
  private final Optional<TransferListener> listener;
  private final long total;
  private long bytes;

  Progress(FileCalls calls, Optional<TransferListener> listener, long total) {
    this.calls = calls;
    this.listener = listener;
    this.total = total;
    check(calls, total);
  }

  /** Refuses what is too large, before anything is begun. */
  static void check(FileCalls calls, long total) {
    if (total > Defaults.TRANSFER_BYTES) {
      throw calls.failed(
          ErrorCode.MESSAGE_TOO_LARGE,
          "it has "
              + total
              + " bytes, and at most "
              + Defaults.TRANSFER_BYTES
              + " are copied at a time; copy it in parts");
    }
  }

  void arrived(String path, int more) {
    bytes += more;
    check(calls, bytes);
    listener.ifPresent(
        hears ->
            UserCode.run(
                "the progress of a transfer",
                () -> hears.onProgress(path, bytes, Math.max(bytes, total))));
  }
}
