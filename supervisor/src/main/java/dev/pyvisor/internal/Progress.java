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
  private final String what;
  private final Optional<TransferListener> listener;
  private final long total;
  private long bytes;

  /** {@code what}: what is copied, as the beginning of a sentence. */
  Progress(FileCalls calls, String what, Optional<TransferListener> listener, long total) {
    this.calls = calls;
    this.what = what;
    this.listener = listener;
    this.total = total;
    check(total);
  }

  /** Refuses what is too large, at first before anything is begun. */
  private void check(long total) {
    if (total > Defaults.TRANSFER_BYTES) {
      throw calls.failed(
          ErrorCode.MESSAGE_TOO_LARGE,
          what
              + " has "
              + total
              + " bytes, and at most "
              + Defaults.TRANSFER_BYTES
              + " are copied at a time; copy it in parts");
    }
  }

  void arrived(String path, int more) {
    bytes += more;
    check(bytes);
    listener.ifPresent(
        hears ->
            UserCode.run(
                "the progress of a transfer",
                () -> hears.onProgress(path, bytes, Math.max(bytes, total))));
  }
}
