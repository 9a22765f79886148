package dev.pyvisor.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.pyvisor.testing.Protocol;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;

/** Documents of this side through the runner's own decoder and encoder, and back. */
@Timeout(60)
class PythonRoundTripTest {
  /** Decodes each document, shows the object by repr, and encodes it again. */
  private static final String ECHO =
      """
      import struct, sys
      sys.path.insert(0, sys.argv[1])
      from _runner.decoder import decode_text
      from _runner.encoder import Encoder
      reader, writer = sys.stdin.buffer, sys.stdout.buffer
      def take():
          return reader.read(struct.unpack(">I", reader.read(4))[0])
      def give(data):
          writer.write(struct.pack(">I", len(data)) + bytes(data))
      while True:
          size = reader.read(4)
          if not size:
              break
          attachments = [take() for _ in range(struct.unpack(">I", size)[0])]
          value = decode_text(take(), attachments)
          encoder = Encoder()
          text = encoder.encode(value)
          give(ascii(value).encode())
          writer.write(struct.pack(">I", len(encoder.attachments)))
          for attachment in encoder.attachments:
              give(attachment)
          give(text)
          writer.flush()
      """;

  private static Process python;
  private static DataOutputStream to;
  private static DataInputStream from;

  /** What Python showed, and what came back. */
  private record Echo(String shown, @Nullable Object value) {}

  @BeforeAll
  static void start() throws IOException {
    String sources = Protocol.root().resolve("runner/src").toString();
    python =
        new ProcessBuilder("python3", "-I", "-S", "-B", "-c", ECHO, sources)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    to = new DataOutputStream(python.getOutputStream());
    from = new DataInputStream(python.getInputStream());
  }

  @AfterAll
  static void stop() throws Exception {
    to.close();
    assertThat(python.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(python.exitValue()).isZero();
  }

  @TestFactory
  Stream<DynamicTest> a_value_goes_to_python_and_comes_back() {
    Map<Object, Object> tupleKeys = new LinkedHashMap<>();
    tupleKeys.put(List.of(1L, 2L), "x");
    tupleKeys.put(null, List.of());
    return Stream.of(
            value(null, "None"),
            value(Arrays.asList(1L, 2.5, "x", true, null), "[1, 2.5, 'x', True, None]"),
            value(Long.MIN_VALUE, "-9223372036854775808"),
            value(Double.NaN, "nan"),
            value(Double.NEGATIVE_INFINITY, "-inf"),
            value(-0.0, "-0.0"),
            value(Double.MIN_VALUE, "5e-324"),
            value(BigInteger.TEN.pow(400), "1" + "0".repeat(400)),
            value(BigInteger.TWO.pow(63), "9223372036854775808"),
            value(BigInteger.TEN.pow(30).negate(), "-1" + "0".repeat(30)),
            value("a\udcffb\\", "'a\\udcffb\\\\'"),
            value("\u0000 \uD83D\uDE42 \u2028", "'\\x00 \\U0001f642 \\u2028'"),
            value(Map.of("$py", "tuple"), "{'$py': 'tuple'}"),
            value(tupleKeys, "{(1, 2): 'x', None: []}"),
            value(Map.of("\ud800", 1L), "{'\\ud800': 1}"),
            value(Set.of(1L), "{1}"),
            value(Set.of(Set.of(2L)), "{frozenset({2})}"),
            value(new byte[] {0, -1}, "b'\\x00\\xff'"),
            value(new byte[0], "b''"),
            value(new BigDecimal("1.50"), "Decimal('1.50')"),
            value(new BigDecimal("-1E+3"), "Decimal('-1E+3')"),
            value(
                OffsetDateTime.parse("2026-01-02T03:04:05.000006+05:30"),
                "datetime.datetime(2026, 1, 2, 3, 4, 5, 6, "
                    + "tzinfo=datetime.timezone(datetime.timedelta(seconds=19800)))"),
            value(LocalDateTime.of(2026, 1, 2, 3, 4), "datetime.datetime(2026, 1, 2, 3, 4)"),
            value(LocalDate.of(1, 1, 1), "datetime.date(1, 1, 1)"),
            value(LocalTime.of(3, 4, 5, 600_000_000), "datetime.time(3, 4, 5, 600000)"),
            value(
                OffsetTime.of(3, 4, 5, 0, ZoneOffset.UTC),
                "datetime.time(3, 4, 5, tzinfo=datetime.timezone.utc)"),
            value(
                Duration.ofNanos(-1_500_000_000L),
                "datetime.timedelta(days=-1, seconds=86398, microseconds=500000)"),
            value(new UUID(1, 2), "UUID('00000000-0000-0001-0000-000000000002')"))
        .map(
            echo ->
                dynamicTest(
                    shortened(echo.shown()),
                    () -> {
                      Echo back = exchange(DocumentWriter.write(echo.value()));
                      assertThat(back.shown()).isEqualTo(echo.shown());
                      assertThat(back.value()).isEqualTo(echo.value());
                    }));
  }

  @TestFactory
  Stream<DynamicTest> a_java_object_arrives_in_python_as_data() {
    record Due(String name, List<Integer> dates) {}
    enum Colour {
      RED
    }
    return Stream.of(
            value(new Due("rfp", List.of(1, 2)), "{'name': 'rfp', 'dates': [1, 2]}"),
            value(Colour.RED, "'RED'"),
            value(new int[] {1, 2}, "[1, 2]"),
            value(0.1f, "0.1"),
            value(
                OffsetDateTime.parse("2026-07-01T12:00:00.123456789Z").toInstant(),
                "datetime.datetime(2026, 7, 1, 12, 0, 0, 123456, tzinfo=datetime.timezone.utc)"))
        .map(
            sent ->
                dynamicTest(
                    sent.shown(),
                    () ->
                        assertThat(exchange(DocumentWriter.write(sent.value())).shown())
                            .isEqualTo(sent.shown())));
  }

  @TestFactory
  Stream<DynamicTest> the_deepest_value_that_is_written_can_be_read_over_there() {
    Object deep = "x";
    int levels = 0;
    for (; levels < 96; levels++) {
      deep = List.of(deep);
    }
    Document document = DocumentWriter.write(deep);
    return Stream.of(
        dynamicTest(
            levels + " levels",
            () -> assertThat(exchange(document).shown()).startsWith("[[[").endsWith("]]]")));
  }

  private static Echo value(@Nullable Object value, String shown) {
    return new Echo(shown, value);
  }

  private static Echo exchange(Document document) throws IOException {
    to.writeInt(document.attachments().size());
    for (byte[] attachment : document.attachments()) {
      give(attachment);
    }
    give(document.json());
    to.flush();
    String shown = new String(take(), StandardCharsets.US_ASCII);
    List<byte[]> attachments = new ArrayList<>();
    for (int count = from.readInt(); count > 0; count--) {
      attachments.add(take());
    }
    String json = new String(take(), StandardCharsets.UTF_8);
    return new Echo(shown, new DocumentReader(attachments).read(json));
  }

  private static void give(byte[] bytes) throws IOException {
    to.writeInt(bytes.length);
    to.write(bytes);
  }

  private static byte[] take() throws IOException {
    return from.readNBytes(from.readInt());
  }

  private static String shortened(String text) {
    return text.length() <= 60 ? text : text.substring(0, 60) + "…";
  }
}
