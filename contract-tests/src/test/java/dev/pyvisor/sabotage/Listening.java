package dev.pyvisor.sabotage;

import dev.pyvisor.error.ExitReport;
import dev.pyvisor.transport.TransportListener;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.ProtocolError;

/** Passes everything on. */
class Listening implements TransportListener {
  private final TransportListener listener;

  Listening(TransportListener listener) {
    this.listener = listener;
  }

  @Override
  public void onFrame(Frame frame) {
    listener.onFrame(frame);
  }

  @Override
  public void onViolation(ProtocolError error) {
    listener.onViolation(error);
  }

  @Override
  public void onClosed(ExitReport report) {
    listener.onClosed(report);
  }
}
