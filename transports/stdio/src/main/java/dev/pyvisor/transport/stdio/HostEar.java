package dev.pyvisor.transport.stdio;

import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Envelope;
import dev.pyvisor.wire.Frame;
import dev.pyvisor.wire.JsonRpc;
import dev.pyvisor.wire.Lane;
import dev.pyvisor.wire.Message;
import dev.pyvisor.wire.MessageReader;
import dev.pyvisor.wire.ProtocolError;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Understands what the host writes to a runner. What is large is parsed and turned into its line
 * here, before the translator's lock is taken.
 *
 * <p>Confined to the translator thread.
 */
final class HostEar {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final long MILLI = 1_000_000;

  private final Translator translator;
  private final Supplier<String> marks;
  private final String incarnation;
  private final long pid;
  private final LongSupplier clock;
  private final long begun;
  private final MessageReader messages = new MessageReader();

  /** {@code marks}: makes texts that no cell prints by chance. */
  HostEar(
      Translator translator,
      Supplier<String> marks,
      String incarnation,
      long pid,
      LongSupplier clock) {
    this.translator = translator;
    this.marks = marks;
    this.incarnation = incarnation;
    this.pid = pid;
    this.clock = clock;
    this.begun = clock.getAsLong();
  }

  void take(Frame frame) {
    switch (frame.kind()) {
      case PING -> translator.ping(frame.body());
      case CREDIT -> credit(frame);
      case MESSAGE, RELAY -> message(frame);
      default -> throw new ProtocolError("FRM-5", "a host sent " + frame.kind(), frame.body());
    }
  }

  private void credit(Frame frame) {
    ByteBuffer body = ByteBuffer.wrap(frame.body());
    int number = body.get();
    int bytes = body.getInt();
    for (Lane lane : Lane.values()) {
      if (lane.number() == number) {
        translator.credit(frame.session(), lane, bytes);
      }
    }
  }

  private void message(Frame frame) {
    Message message = messages.accept(frame);
    if (message != null) {
      route(message);
    }
    if (frame.session() != 0) {
      translator.came(frame.body().length);
    }
  }

  private void route(Message message) {
    Envelope envelope = JsonRpc.parse(message.envelope());
    if (envelope instanceof Envelope.Request request) {
      if (message.session() == 0) {
        asked(request);
      } else {
        ordered(request, message);
      }
    } else if (envelope instanceof Envelope.Reply reply) {
      translator.toolAnswered(message.cell(), reply.id(), line(reply));
    } else if (envelope instanceof Envelope.Refused refused) {
      translator.refuse(refused.id(), new Unfit(refused.code(), refused.message()));
    } else if (!(envelope instanceof Envelope.Notification)) {
      throw new AssertionError(envelope);
    }
  }

  // ---- requests ----

  private void asked(Envelope.Request request) {
    if (request.method().equals("session.close")) {
      // LIF-8: the host leaves what it was telling that session half told.
      messages.forgetSession(request.params().path("session").asInt(0));
    }
    JsonNode told = atOnce(request.method());
    if (told != null) {
      translator.tell(request.id(), told);
    } else {
      translator.asked(request.id(), request.method(), request.params());
    }
  }

  private void ordered(Envelope.Request request, Message message) {
    try {
      CellOrder order =
          CellOrder.of(request.id(), request.method(), request.params(), message, marks);
      translator.ordered(message.session(), order);
    } catch (Unfit unfit) {
      translator.refuse(
          request.id(), new Unfit(unfit.code(), request.method() + ": " + unfit.text()));
    }
  }

  /** What needs no peer; null where it does. */
  private @Nullable JsonNode atOnce(String method) {
    return switch (method) {
      // C91: the dialect has no way to interrupt what runs.
      case "interrupt" -> NODES.objectNode().put("running", false);
      case "status" -> status();
      case "evidence" -> evidence();
      default -> null;
    };
  }

  private JsonNode status() {
    ObjectNode status = NODES.objectNode();
    status.put("incarnation", incarnation).put("uptimeMs", uptime());
    ArrayNode sessions = status.putArray("sessions");
    Translator.Status look = translator.status();
    if (look.session() != null) {
      ObjectNode session = sessions.addObject();
      session.put("session", look.session()).put("name", look.name());
      session.put("generation", look.generation()).put("state", look.busy() ? "busy" : "idle");
      // Whose process the kernel is, the dialect does not tell.
      session.put("cell", look.cell()).putNull("pid").putArray("checkpoints");
    }
    return status;
  }

  private JsonNode evidence() {
    ObjectNode evidence = NODES.objectNode();
    ObjectNode supervisor = evidence.putObject("supervisor");
    supervisor
        .put("pid", pid)
        .put("uptimeMs", uptime())
        .put("outboundBytes", translator.unwritten());
    supervisor.put("sessions", translator.status().session() == null ? 0 : 1);
    evidence.putArray("kernels");
    return evidence;
  }

  private long uptime() {
    return (clock.getAsLong() - begun) / MILLI;
  }

  // ---- answers of tools ----

  private static byte[] line(Envelope.Reply reply) {
    String id = reply.id();
    if (reply.error() != null) {
      return error(id, reply.error());
    }
    try {
      byte[] line = Dialect.result(id, result(reply.result()));
      if (line.length > StdioLimits.LINE) {
        throw new Unfit(
            ErrorCode.MESSAGE_TOO_LARGE,
            "a line of " + line.length + " bytes is larger than " + StdioLimits.LINE);
      }
      return line;
    } catch (Unfit unfit) {
      return Dialect.error(id, unfit.code().wireName(), "the tool's result: " + unfit.text());
    }
  }

  private static JsonNode result(@Nullable JsonNode document) throws Unfit {
    JsonNode value =
        ToPeer.plain(document == null ? NODES.nullNode() : document, ToPeer.Exactness.NEAREST);
    ObjectNode result = NODES.objectNode();
    return value.isString()
        ? result.put("type", "string").set("value", value)
        : result.put("type", "json").put("value", Dialect.text(value));
  }

  private static byte[] error(String id, JsonNode error) {
    String message = error.path("message").asString("");
    JsonNode data = error.path("data");
    String type = data.path("type").asString(data.path("code").asString("tool_failed"));
    int room = StdioLimits.LINE / 16; // told three times, and a character may take six bytes
    return Dialect.error(id, type, message.length() <= room ? message : message.substring(0, room));
  }
}
