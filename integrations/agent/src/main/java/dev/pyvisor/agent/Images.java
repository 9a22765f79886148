package dev.pyvisor.agent;

import dev.pyvisor.Value;
import dev.pyvisor.outcome.Display;
import dev.pyvisor.outcome.Outcome;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The images of a cell, in the formats that models see: what it displayed, and bytes that are its
 * value, by themselves or in a list.
 *
 * <p>Thread-safe: it holds no state.
 */
public final class Images {
  /** What vendors of models take at most; a larger one is left out. */
  static final int BYTES = 5 << 20;

  /** One answer's; a list may hold thousands. */
  static final int COUNT = 8;

  private static final Map<String, int[]> BEGINNINGS =
      Map.of(
          "image/png", new int[] {0x89, 'P', 'N', 'G', 0x0d, 0x0a, 0x1a, 0x0a},
          "image/jpeg", new int[] {0xff, 0xd8, 0xff},
          "image/gif", new int[] {'G', 'I', 'F', '8'});

  /**
   * One image.
   *
   * <p>Immutable.
   *
   * @param mediaType such as image/png
   * @param bytes as Python had them; not to be changed
   */
  public record Image(String mediaType, byte[] bytes) {}

  private Images() {}

  /** Those that a cell displayed, and then those of its value, at most {@value #COUNT}. */
  public static List<Image> of(Outcome outcome) {
    List<Image> images = new ArrayList<>();
    for (Display display : outcome.displays()) {
      // One object's forms are the same picture.
      BEGINNINGS.keySet().stream()
          .sorted(Comparator.reverseOrder())
          .flatMap(type -> display.bytes(type).stream())
          .flatMap(bytes -> mediaType(bytes).map(type -> new Image(type, bytes)).stream())
          .findFirst()
          .ifPresent(images::add);
    }
    outcome.value().ifPresent(value -> images.addAll(of(value)));
    return images.size() <= COUNT ? images : List.copyOf(images.subList(0, COUNT));
  }

  /** Those of a cell's value, in their order, at most {@value #COUNT}. */
  public static List<Image> of(Value value) {
    List<Image> images = new ArrayList<>();
    @Nullable Object plain = value.asJava();
    for (Object item : plain instanceof List<?> list ? list : Collections.singletonList(plain)) {
      if (item instanceof byte[] bytes && images.size() < COUNT) {
        mediaType(bytes).ifPresent(type -> images.add(new Image(type, bytes)));
      }
    }
    return images;
  }

  private static Optional<String> mediaType(byte[] bytes) {
    return bytes.length > BYTES
        ? Optional.empty()
        : BEGINNINGS.entrySet().stream()
            .filter(entry -> begins(bytes, entry.getValue()))
            .map(Map.Entry::getKey)
            .findFirst();
  }

  private static boolean begins(byte[] bytes, int[] beginning) {
    for (int at = 0; at < beginning.length; at++) {
      if (at >= bytes.length || (bytes[at] & 0xff) != beginning[at]) {
        return false;
      }
    }
    return true;
  }
}
