package dev.pyvisor.contract.chaos;

import dev.pyvisor.contract.chaos.Cut.Direction;
import java.util.List;

/**
 * One message of the link as it passes the proxy.
 *
 * <p>Immutable.
 *
 * @param connection the number of its connection
 * @param offset of a record's first byte in the stream of its direction
 * @param end the offset behind its last byte
 * @param ack what a record or an acknowledgement says was received of the other direction
 * @param carries what of the protocol is complete with this record: the method of a request or
 *     notification ({@code execute}, {@code tool.call}), {@code METHOD.result} for its answer
 *     ({@code execute.result} is a cell's terminal, {@code tool.result} a tool's), the name of the
 *     kind for other frames ({@code STDOUT}). A record that is sent again carries the same again
 * @param head bytes of the websocket's own header
 * @param size bytes on the wire, with that header
 */
public record LinkMessage(
    int connection,
    Direction direction,
    Kind kind,
    long offset,
    long end,
    long ack,
    List<String> carries,
    int head,
    int size) {
  /**
   * What it is.
   *
   * <p>Immutable.
   */
  public enum Kind {
    /** What comes before the websocket, as a whole: the request, or the answer to it. */
    UPGRADE,
    ATTACH,
    ATTACHED,
    RECORD,
    ACK,
    PING,
    PONG,
    GOODBYE,
    GOAWAY,
    ERROR,
    GIVEN_UP,
    /** A frame of the websocket's own, or one that is not known here. */
    OTHER;

    static Kind of(int number) {
      return number >= 1 && number <= GIVEN_UP.ordinal() ? values()[number] : OTHER;
    }
  }

  public boolean carries(String name) {
    return carries.contains(name);
  }
}
