package dev.pyvisor.config;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Single assignments, {@code KEY=VALUE}.
 *
 * <p>Immutable.
 */
final class AssignmentLayer {
  /** What follows a key's name where the '=' is missing may be a secret, and is not shown. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]*");

  private AssignmentLayer() {}

  static Map<String, Assigned> read(List<String> assignments) {
    if (assignments.isEmpty()) {
      return Map.of();
    }
    Assignments found = new Assignments();
    for (String assignment : assignments) {
      int equals = assignment.indexOf('=');
      if (equals < 1) {
        found.refuse(Origin.ASSIGNMENT, incomplete(assignment));
        continue;
      }
      String name = assignment.substring(0, equals);
      Optional<ConfigKey> key = found.keys().find(name);
      if (key.isPresent()) {
        found.add(key.get(), assignment.substring(equals + 1), Origin.ASSIGNMENT);
      } else {
        found.refuse(Origin.ASSIGNMENT, found.keys().unknown(name));
      }
    }
    return found.all();
  }

  private static String incomplete(String assignment) {
    Matcher name = NAME.matcher(assignment);
    String shown = name.lookingAt() ? name.group() : "";
    return shown.isEmpty()
        ? "an assignment has no key; write KEY=VALUE"
        : Quote.of(shown) + " has no value; write " + shown + "=VALUE";
  }
}
