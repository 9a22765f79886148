package dev.pyvisor.config;

import dev.pyvisor.Defaults;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * The words that somebody may have meant who wrote another one. Spelling, case and the marks
 * between words are forgiven; where that finds nothing, words that contain the one that was written
 * are meant.
 *
 * <p>Immutable.
 *
 * @param words at most {@value #SHOWN}; empty where none is near
 */
record Nearest(List<String> words) {
  private static final int SHOWN = 4;
  private static final int SHORTEST_PART = 4;

  Nearest {
    words = List.copyOf(words);
  }

  static Nearest to(String written, Collection<String> known) {
    String word = plain(written);
    int best = Math.max(1, Math.min(3, word.length() / 3));
    List<String> near = new ArrayList<>();
    for (String candidate : known) {
      int distance = distance(word, plain(candidate));
      if (distance < best) {
        near.clear();
        best = distance;
      }
      if (distance == best) {
        near.add(candidate);
      }
    }
    if (near.isEmpty() && word.length() >= SHORTEST_PART) {
      known.stream().filter(candidate -> plain(candidate).contains(word)).forEach(near::add);
    }
    return new Nearest(near.subList(0, Math.min(SHOWN, near.size())));
  }

  /** What to add to a message: nothing where no word is near. */
  String question() {
    return words.isEmpty()
        ? ""
        : words.stream().map(Quote::of).collect(Collectors.joining(" or ", "; did you mean ", "?"));
  }

  private static String plain(String word) {
    int compared = Defaults.CONFIGURATION_SHOWN;
    return (word.length() <= compared ? word : word.substring(0, compared))
        .replaceAll("([a-z0-9])([A-Z])", "$1-$2")
        .toLowerCase(Locale.ROOT)
        .replaceAll("[_. ]", "-");
  }

  /** Letters to insert, remove, replace, or swap with their neighbour. */
  private static int distance(String one, String other) {
    int[] before = new int[other.length() + 1];
    int[] last = new int[other.length() + 1];
    int[] row = new int[other.length() + 1];
    for (int j = 0; j <= other.length(); j++) {
      last[j] = j;
    }
    for (int i = 1; i <= one.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= other.length(); j++) {
        int same = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j - 1], last[j]) + 1, last[j - 1] + same);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      int[] free = before;
      before = last;
      last = row;
      row = free;
    }
    return last[other.length()];
  }
}
