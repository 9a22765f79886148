package dev.pyvisor.attack;

import java.util.List;
import java.util.stream.Collectors;

/**
 * The table of attacks in docs/SECURITY.md, from the heads of the programs.
 *
 * <p>Thread-safe: it holds no state.
 */
final class AttackTable {
  private AttackTable() {}

  static String of(List<Program> programs) {
    StringBuilder text = new StringBuilder("| attack |");
    for (Cage cage : Cage.values()) {
      text.append(' ').append(cage.heading()).append(" |");
    }
    text.append("\n| --- |").append(" --- |".repeat(Cage.values().length)).append('\n');
    String kind = "";
    for (Program program : programs) {
      if (!program.kind().equals(kind)) {
        kind = program.kind();
        text.append("| **").append(kind).append("** |");
        text.append(" |".repeat(Cage.values().length)).append('\n');
      }
      text.append("| ").append(program.title()).append(": ").append(program.tries()).append(" |");
      for (Cage cage : Cage.values()) {
        text.append(' ').append(cell(program, cage)).append(" |");
      }
      text.append('\n');
    }
    return text + "\n" + summary(programs);
  }

  private static String cell(Program program, Cage cage) {
    if (cage == Cage.BARE && program.harmless().isPresent()) {
      return "harmless: " + program.harmless().get();
    }
    return program.expected(cage).map(AttackTable::shown).orElse("not measured");
  }

  /** What went through catches the eye. */
  private static String shown(Finding finding) {
    return finding.verdict() == Verdict.SUCCEEDED ? "**" + finding + "**" : finding.toString();
  }

  private static String summary(List<Program> programs) {
    StringBuilder text = new StringBuilder();
    for (Cage cage : Cage.values()) {
      if (programs.stream().allMatch(program -> program.expected(cage).isPresent())) {
        String counts =
            programs.stream()
                .map(program -> program.expected(cage).orElseThrow().verdict())
                .collect(
                    Collectors.groupingBy(
                        verdict -> verdict, java.util.TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .map(count -> count.getValue() + " " + count.getKey().word())
                .collect(Collectors.joining(", "));
        text.append("- ").append(cage.heading()).append(": ").append(counts).append(".\n");
      }
    }
    return text.toString();
  }
}
