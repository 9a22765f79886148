package dev.pyvisor.cli;

/** One thing to do in a session: run a cell, or keep or bring back its state between two cells. */
sealed interface Step {

  /** Who does it; each verb tells whether it went well. */
  interface Taker {
    boolean cell(String code) throws InterruptedException;

    boolean checkpoint(String name) throws InterruptedException;

    boolean rollback(String name) throws InterruptedException;
  }

  boolean take(Taker taker) throws InterruptedException;

  /** Run this code. */
  record Code(String code) implements Step {
    @Override
    public boolean take(Taker taker) throws InterruptedException {
      return taker.cell(code);
    }
  }

  /** Keep the state as it is now, under a name. */
  record Checkpoint(String name) implements Step {
    @Override
    public boolean take(Taker taker) throws InterruptedException {
      return taker.checkpoint(name);
    }
  }

  /** Bring back the state that was kept under a name. */
  record Rollback(String name) implements Step {
    @Override
    public boolean take(Taker taker) throws InterruptedException {
      return taker.rollback(name);
    }
  }
}
