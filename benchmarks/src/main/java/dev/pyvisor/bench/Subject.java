package dev.pyvisor.bench;

/** What a row runs against; several rows may share one. */
interface Subject extends AutoCloseable {
  /** Breaks off what is under way; called by another thread than the measuring one. */
  void abort();

  @Override
  void close();
}
