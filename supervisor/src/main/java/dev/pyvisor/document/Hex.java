package dev.pyvisor.document;

import java.math.BigInteger;
import java.util.HexFormat;

/**
 * Large integers in hexadecimal. Goes by bytes: {@link BigInteger}'s own parser takes a time that
 * grows with the square of the digits, which a guest could use.
 *
 * <p>Immutable.
 */
final class Hex {
  private static final HexFormat FORMAT = HexFormat.of();

  private Hex() {}

  static String write(BigInteger value) {
    String digits = FORMAT.formatHex(value.abs().toByteArray());
    int start = 0;
    while (start < digits.length() - 1 && digits.charAt(start) == '0') {
      start++;
    }
    return (value.signum() < 0 ? "-0x" : "0x") + digits.substring(start);
  }

  /**
   * Reads what {@link #write} writes.
   *
   * @throws IllegalArgumentException for anything else
   */
  static BigInteger read(String text) {
    boolean negative = text.startsWith("-");
    String prefixed = negative ? text.substring(1) : text;
    if (!prefixed.startsWith("0x") || prefixed.length() == 2) {
      throw new IllegalArgumentException("not hexadecimal");
    }
    String digits = prefixed.substring(2);
    byte[] magnitude = FORMAT.parseHex(digits.length() % 2 == 0 ? digits : "0" + digits);
    return new BigInteger(negative ? -1 : 1, magnitude);
  }
}
