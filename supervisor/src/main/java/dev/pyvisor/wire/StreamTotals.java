package dev.pyvisor.wire;

import java.util.zip.CRC32;

/**
 * Counts one stream of one cell: bytes and CRC-32 (LIF-4).
 *
 * <p>Confined to the reader thread.
 */
public final class StreamTotals {
  private final CRC32 crc = new CRC32();
  private long bytes;

  public void add(byte[] chunk) {
    bytes += chunk.length;
    crc.update(chunk);
  }

  public long bytes() {
    return bytes;
  }

  public long crc32() {
    return crc.getValue();
  }
}
