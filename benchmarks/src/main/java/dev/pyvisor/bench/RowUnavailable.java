package dev.pyvisor.bench;

/** This machine cannot run a row; the message says why in a few words. */
final class RowUnavailable extends Exception {
  private static final long serialVersionUID = 1;

  RowUnavailable(String reason) {
    super(reason);
  }
}
