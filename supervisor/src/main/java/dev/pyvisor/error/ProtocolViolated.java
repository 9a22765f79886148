package dev.pyvisor.error;

/**
 * The runner broke a rule of PROTOCOL.md; the connection is ended.
 *
 * <p>Immutable.
 */
public final class ProtocolViolated extends RunnerException {
  private static final long serialVersionUID = 1L;

  private final String rule;
  private final String detail;

  public ProtocolViolated(String runnerId, Delivery delivery, String rule, String detail) {
    super(
        runnerId,
        rule.equals("LIF-1") ? ErrorCode.VERSION_UNSUPPORTED : ErrorCode.MALFORMED_FRAME,
        delivery,
        "runner " + runnerId + " broke " + detail);
    this.rule = rule;
    this.detail = detail;
  }

  /** The id of the broken rule. */
  public String rule() {
    return rule;
  }

  @Override
  public RunnerException as(Delivery delivery) {
    return new ProtocolViolated(runnerId(), delivery, rule, detail);
  }
}
