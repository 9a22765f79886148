package dev.pyvisor.bench.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Finds what the tests of all modules have left. */
final class EvidenceFiles {
  /** A module is at most two folders below the root: {@code transports/pipe/target}. */
  private static final int DEPTH = 5;

  private static final Path FOLDER = Path.of("target", "test-evidence");

  private EvidenceFiles() {}

  /** Every item below {@code root}, sorted by item. */
  static List<EvidenceItem> below(Path root) throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(root, DEPTH)) {
      files =
          tree.filter(file -> file.getFileName().toString().endsWith(".properties"))
              .filter(file -> file.getParent().endsWith(FOLDER))
              .toList();
    }
    List<EvidenceItem> items = new ArrayList<>();
    for (Path file : files) {
      items.add(EvidenceItem.read(file));
    }
    items.sort(Comparator.comparing(EvidenceItem::item).thenComparing(EvidenceItem::test));
    return items;
  }
}
