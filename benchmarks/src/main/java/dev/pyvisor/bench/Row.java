package dev.pyvisor.bench;

/**
 * One line of the result.
 *
 * @param key by which it is chosen
 * @param title by which it is shown
 * @param yardstick the raw row that it is compared with
 * @param every measured in each round whose number this divides: long operations come less often
 * @param opener prepares it
 */
record Row(String key, String title, Yardstick yardstick, int every, Opener opener) {
  /** The bare thing beside which a figure means something on any machine. */
  enum Yardstick {
    ECHO("echo"),
    ECHO_LARGE("echo-large"),
    PYTHON_START("python-start");

    private final String key;

    Yardstick(String key) {
      this.key = key;
    }

    /** Key of the row that measures it. */
    String key() {
      return key;
    }
  }

  /** Prepares a row, with subjects of the workbench. */
  interface Opener {
    Probe open(Workbench workbench) throws Exception;
  }
}
