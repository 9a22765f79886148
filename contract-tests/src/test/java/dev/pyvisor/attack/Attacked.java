package dev.pyvisor.attack;

import java.io.IOException;

/**
 * Something that runs hostile programs.
 *
 * <p>Confined to the test's thread.
 */
interface Attacked extends AutoCloseable {
  /**
   * Runs a program to its end; where the program is alone, all that it has been given is closed.
   */
  Seen run(Program program, Plant plant) throws IOException, InterruptedException;

  @Override
  void close();
}
