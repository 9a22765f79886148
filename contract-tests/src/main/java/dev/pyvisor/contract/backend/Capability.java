package dev.pyvisor.contract.backend;

/**
 * What one backend has and another may lack. What every backend must have is none.
 *
 * <p>Immutable.
 */
public enum Capability {
  /** The payload that a client names runs in the runner's place, and speaks the frames itself. */
  PAYLOAD("another program in the place of the runner"),
  /** A runner can kill itself, and that it closes its streams is seen: nothing is around it. */
  BARE("a runner with nothing around it"),
  /** Output reaches the host while the cell runs, in the order in which it was written. */
  STREAMING("output while the cell runs"),
  /** Standard output and standard error come back apart. */
  SEPARATE_STDERR("standard error apart from standard output"),
  /** An error has its traceback, its frames and its lines. */
  TRACEBACKS("errors with their lines"),
  /** Values have documented forms in both directions, that of a last expression among them. */
  TYPED_VALUES("values of every type"),
  /** A cell shows objects as HTML, images and the like. */
  DISPLAYS("objects that are shown in other forms than text"),
  /** A tool's parameters are known in Python: a signature, hints, a check before the call. */
  TOOL_SIGNATURES("tools with signatures"),
  /** A tool's failure is an exception with type, message and data. */
  TOOL_ERRORS("tools that fail with type, message and data"),
  /** A tool call has a fate of its own: cancelled, past its deadline, made by a thread. */
  TOOL_FATES("tool calls that are cancelled, or made by threads"),
  /** A cell that runs can be ended from outside. */
  INTERRUPT("interrupts"),
  /** A kernel's state is kept as a frozen copy, which a session goes back to or begins with. */
  CHECKPOINTS("copies of a session's state"),
  /** A runner has more than one session. */
  SESSIONS("several sessions on one runner"),
  /** A runner that says nothing is given up after seconds: no link may be away for a while. */
  PROMPT_END("runners that are given up after seconds of silence"),
  /** A runner says what it is doing, and so why it hangs. */
  EVIDENCE("reports of what a runner is doing"),
  /** A runner is held to limits of what its code may use. */
  LIMITS("limits of what the code may use"),
  /** Files go into a workspace and come out of it over the wire. */
  FILES("files of a workspace that are put and collected");

  private final String meaning;

  Capability(String meaning) {
    this.meaning = meaning;
  }

  /** What a backend without it does not have, as the end of a sentence. */
  public String meaning() {
    return meaning;
  }
}
