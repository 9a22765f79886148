package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.transport.stdio.VerbJob.Heed;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The verbs of a supervisor that the dialect can do, as jobs, and a refusal by name for the others.
 *
 * <p>Guarded by the translator.
 */
final class HostVerbs {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final byte[] NO_PARAMS = {'{', '}'};
  private static final PeerRequest RESET = new PeerRequest("reset", NO_PARAMS);
  private static final PeerRequest SHUTDOWN = new PeerRequest("shutdown", NO_PARAMS);

  private final Voice voice;
  private final String workspace;
  private final Registration registration;
  private final Runnable noMoreLines;
  private @Nullable PeerSession session;
  private int sessions;

  /**
   * What {@code register_tools} does to the state.
   *
   * <p>Immutable.
   */
  enum Registration {
    /** As the dialect has it: another kernel begins. */
    COSTS_STATE,
    /** As our own runner has it. */
    KEEPS_STATE
  }

  /** {@code workspace}: where the peer was started; {@code noMoreLines}: ends its input. */
  HostVerbs(Voice voice, String workspace, Registration registration, Runnable noMoreLines) {
    this.voice = voice;
    this.workspace = workspace;
    this.registration = registration;
    this.noMoreLines = noMoreLines;
  }

  /** The session that there is, or that is being opened. */
  @Nullable PeerSession session() {
    return session;
  }

  /**
   * The session of that number.
   *
   * @throws Unfit when there is none
   */
  PeerSession session(int number) throws Unfit {
    if (session == null || session.number != number) {
      throw new Unfit(ErrorCode.SESSION_NOT_FOUND, "there is no session " + number);
    }
    return session;
  }

  /** The farewell to a peer that is asked for nothing at the moment. */
  static PeerRequest farewell() {
    return SHUTDOWN;
  }

  /**
   * What is to be done.
   *
   * @throws Unfit when it cannot be
   */
  Job job(String id, String method, JsonNode params) throws Unfit {
    return switch (method) {
      case "session.open" -> open(id, params);
      case "session.close" -> close(id, named(params));
      case "tools.register" -> register(id, named(params), ToolNames.read(params.path("tools")));
      case "reset" -> reset(id, named(params));
      case "shutdown" ->
          job(id, method, Heed.NOTHING, List.of(SHUTDOWN), () -> shutDown(id), () -> {});
      case "checkpoint", "checkpoint.drop", "rollback", "branch" ->
          throw new Unfit(
              ErrorCode.METHOD_NOT_FOUND,
              method + ": the backend stdio keeps no checkpoints; use the backend pipe");
      case "file.begin", "file.read", "file.list", "file.mkdir" ->
          throw new Unfit(
              ErrorCode.METHOD_NOT_FOUND,
              method + ": the backend stdio copies no files; use the backend pipe");
      default ->
          throw new Unfit(
              ErrorCode.METHOD_NOT_FOUND, "the backend stdio has no method '" + method + "'");
    };
  }

  private PeerSession named(JsonNode params) throws Unfit {
    JsonNode number = params.path("session");
    if (!number.isIntegralNumber() || !number.canConvertToInt()) {
      throw new Unfit("session must be the number of a session, not " + number);
    }
    return session(number.intValue());
  }

  // ---- session.open ----

  private Job open(String id, JsonNode params) throws Unfit {
    JsonNode name = params.path("name");
    if (!name.isString() || name.stringValue().isEmpty()) {
      throw new Unfit("session.open: name must be a non-empty string, not " + name);
    }
    if (session != null) {
      throw new Unfit(
          ErrorCode.INVALID_STATE,
          "session.open: the stdio dialect has one session, and '"
              + session.name
              + "' is open; use the backend pipe for more");
    }
    refuseWhatCannotBe(params);
    JsonNode first = params.path("generation");
    int generation = first.isMissingNode() ? 1 : first.asInt(0);
    if (generation < 1) {
      throw new Unfit("session.open: generation must be from 1 to 2^31-1, not " + first);
    }
    PeerSession opened = new PeerSession(++sessions, name.stringValue(), generation);
    session = opened;
    // A fresh session, and a sign of life: a command that cannot run is a failed start, not an
    // unknown cell.
    return job(
        id,
        "session.open",
        Heed.NOTHING,
        List.of(RESET),
        () -> Ending.saying(voice.result(id, opened(opened))),
        () -> session = null);
  }

  private void refuseWhatCannotBe(JsonNode params) throws Unfit {
    if (params.has("logging")) {
      throw new Unfit(
          "session.open: logging must be left out: the stdio dialect carries no log records");
    }
    if (params.path("checkpoint").asString("").equals("always")) {
      throw new Unfit(
          "session.open: checkpoint must be auto or never, not always: the stdio dialect keeps no"
              + " checkpoints");
    }
    JsonNode wanted = params.path("workspace");
    if (!wanted.isMissingNode() && !wanted.asString("").equals(workspace)) {
      throw new Unfit(
          "session.open: workspace must be "
              + workspace
              + ", where the supervisor was started, not "
              + wanted);
    }
  }

  private ObjectNode opened(PeerSession opened) {
    return NODES
        .objectNode()
        .put("session", opened.number)
        .put("generation", opened.generation())
        .put("workspace", workspace);
  }

  // ---- the other verbs ----

  private Job close(String id, PeerSession closing) {
    return job(
        id,
        "session.close",
        Heed.ERRORS,
        List.of(RESET),
        () -> {
          session = null;
          return Ending.saying(voice.result(id, NODES.objectNode()));
        },
        () -> session = null);
  }

  private Job reset(String id, PeerSession reset) {
    return new VerbJob(
        voice,
        id,
        "reset",
        Heed.ERRORS,
        () ->
            reset.tools().isEmpty()
                ? List.of(RESET)
                : List.of(RESET, ToolNames.request(reset.tools())),
        () -> {
          reset.replaced(false);
          ObjectNode result = NODES.objectNode().put("generation", reset.generation());
          return Ending.saying(
              voice.result(id, result),
              voice.generation(reset, "reset", PeerState.fresh("it was reset")));
        },
        () -> {});
  }

  /** A peer may begin another kernel for each list of tools, so it is told only of another list. */
  private Job register(String id, PeerSession wanting, List<String> names) {
    return new VerbJob(
        voice,
        id,
        "tools.register",
        Heed.ERRORS,
        () -> names.equals(wanting.tools()) ? List.of() : List.of(ToolNames.request(names)),
        () -> registered(id, wanting, names),
        () -> {});
  }

  private Ending registered(String id, PeerSession having, List<String> names) {
    boolean lost =
        registration == Registration.COSTS_STATE
            && having.touched()
            && !names.equals(having.tools());
    having.tools(names);
    if (!lost) {
      return Ending.saying(voice.result(id, NODES.objectNode()));
    }
    having.replaced(false);
    return Ending.saying(
        voice.generation(
            having,
            "tools_registered",
            PeerState.fresh("register_tools of the stdio dialect begins another kernel")),
        voice.result(id, NODES.objectNode()));
  }

  private Ending shutDown(String id) {
    noMoreLines.run();
    return Ending.saying(voice.result(id, NODES.objectNode()));
  }

  private VerbJob job(
      String id,
      String method,
      Heed heed,
      List<PeerRequest> requests,
      Supplier<Ending> ending,
      Runnable failure) {
    return new VerbJob(voice, id, method, heed, () -> requests, ending, failure);
  }
}
