package dev.pyvisor.wire;

import java.util.HexFormat;

/**
 * The peer broke a rule of PROTOCOL.md; nothing more of its stream may be interpreted (FRM-7).
 *
 * <p>Immutable.
 */
public final class ProtocolError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String rule;

  public ProtocolError(String rule, String detail) {
    this(rule, detail, new byte[0]);
  }

  /**
   * {@code garbage}: the offending bytes, of which the first {@link Limits#GARBAGE_SHOWN} are
   * shown.
   */
  public ProtocolError(String rule, String detail, byte[] garbage) {
    super(rule + ": " + detail + shown(garbage));
    this.rule = rule;
  }

  /** The id of the broken rule. */
  public String rule() {
    return rule;
  }

  private static String shown(byte[] garbage) {
    if (garbage.length == 0) {
      return "";
    }
    int end = Math.min(garbage.length, Limits.GARBAGE_SHOWN);
    return "; first bytes: " + HexFormat.ofDelimiter(" ").formatHex(garbage, 0, end);
  }
}
