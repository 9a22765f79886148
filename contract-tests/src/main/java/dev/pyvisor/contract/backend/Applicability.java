package dev.pyvisor.contract.backend;

import dev.pyvisor.contract.Tier;
import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Skips what a row cannot run, or need not run in this tier, and says why. Outside of a suite
 * everything applies but what {@link RunsFrom} a later tier.
 *
 * <p>Thread-safe: no state of its own.
 */
public final class Applicability implements ExecutionCondition {
  /** What the reason begins with where another tier would run the test. */
  public static final String NOT_IN_TIER = "not in this tier: ";

  /** What the reason is where another class of the same row runs the contract. */
  public static final String IN_ANOTHER_CLASS = "in another class of this row";

  private static final String SHOWN_BY_THE_HOST = "the host shows it, with every Python the same";
  private static final String SHOWN_BY_OTHERS = "other rows show it";

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<Row> row = Row.of(context);
    Optional<AnnotatedElement> element = context.getElement();
    if (element.isEmpty()) {
      return ConditionEvaluationResult.enabled("nothing is said");
    }
    return leftToOtherHalf(context, element.get())
        .or(() -> row.flatMap(in -> in.backend().obstacle()))
        .or(() -> row.flatMap(in -> absent(in, element.get())))
        .or(() -> leftToLaterTier(element.get()))
        .or(() -> row.flatMap(in -> leftToAnotherTier(in, element.get())))
        .map(ConditionEvaluationResult::disabled)
        .orElse(ConditionEvaluationResult.enabled("applies"));
  }

  /** Of what is nested in a suite; what is nested deeper goes with that. */
  private static Optional<String> leftToOtherHalf(ExtensionContext context, AnnotatedElement part) {
    if (!(part instanceof Class<?> contract)) {
      return Optional.empty();
    }
    return context
        .getParent()
        .flatMap(ExtensionContext::getTestClass)
        .map(suite -> suite.getAnnotation(Backend.class))
        .filter(backend -> !backend.half().has(contract.getSimpleName()))
        .map(backend -> IN_ANOTHER_CLASS);
  }

  private static Optional<String> absent(Row row, AnnotatedElement element) {
    Set<Capability> there = row.backend().capabilities();
    return find(element, Needs.class).stream()
        .flatMap(needs -> List.of(needs.value()).stream())
        .filter(need -> !there.contains(need))
        .findFirst()
        .map(need -> row.backend().label() + " has no " + need + " (" + need.meaning() + ")");
  }

  private static Optional<String> leftToAnotherTier(Row row, AnnotatedElement element) {
    Tier tier = Tier.current();
    if (row.place() == Row.Place.STANDARD || tier.isThorough()) {
      return Optional.empty();
    }
    if (row.place() == Row.Place.BESIDE) {
      boolean framed = row.backend().carriesFrames();
      return find(element, OneBackend.class).stream()
          .filter(shown -> tier == Tier.VERIFY && (framed || shown.inEveryDialect()))
          .findFirst()
          .map(shown -> told(shown.why(), Tier.WIDE));
    }
    Optional<String> leftToProof = leftOut(row.place(), element, Tier.WIDE);
    if (leftToProof.isPresent() || tier == Tier.WIDE) {
      return leftToProof.map(why -> told(why, Tier.PROOF));
    }
    return leftOut(Row.Place.BETWEEN, element, tier)
        .or(() -> leftToRowsAtAnEnd(row.place(), element))
        .map(why -> told(why, Tier.WIDE));
  }

  private static Optional<String> leftToLaterTier(AnnotatedElement element) {
    return find(element, RunsFrom.class).stream()
        .filter(runs -> runs.tier().compareTo(Tier.current()) > 0)
        .findFirst()
        .map(runs -> told(runs.why(), runs.tier()));
  }

  private static String told(String why, Tier runsIt) {
    return NOT_IN_TIER + why + "; " + runsIt.command() + " runs it";
  }

  private static Optional<String> leftOut(Row.Place place, AnnotatedElement element, Tier tier) {
    Optional<String> heavy = find(element, Heavy.class).stream().findFirst().map(Heavy::why);
    if (heavy.isPresent()) {
      return heavy;
    }
    if (place != Row.Place.LIGHT && !find(element, HostSide.class).isEmpty()) {
      return Optional.of(SHOWN_BY_THE_HOST);
    }
    return place == Row.Place.BETWEEN && isBeyondCore(element, tier)
        ? Optional.of(SHOWN_BY_OTHERS)
        : Optional.empty();
  }

  private static Optional<String> leftToRowsAtAnEnd(Row.Place place, AnnotatedElement element) {
    return find(element, Core.class).stream()
        .filter(core -> place == Row.Place.BETWEEN && !core.between())
        .findFirst()
        .map(core -> SHOWN_BY_OTHERS);
  }

  /** A contract is beyond the core unless it says otherwise, a test of it only if it says so. */
  private static boolean isBeyondCore(AnnotatedElement element, Tier tier) {
    List<Core> core = find(element, Core.class);
    boolean unsaid = core.isEmpty() && element instanceof Class<?>;
    return unsaid || core.stream().anyMatch(part -> part.from().compareTo(tier) > 0);
  }

  /** Those of a method, or of a class and all that it is made of. */
  private static <A extends Annotation> List<A> find(AnnotatedElement element, Class<A> type) {
    Set<A> found = new LinkedHashSet<>();
    collect(element, type, found);
    return List.copyOf(found);
  }

  private static <A extends Annotation> void collect(
      AnnotatedElement element, Class<A> type, Set<A> found) {
    A own = element.getDeclaredAnnotation(type);
    if (own != null) {
      found.add(own);
    }
    if (element instanceof Class<?> made) {
      if (made.getSuperclass() != null) {
        collect(made.getSuperclass(), type, found);
      }
      for (Class<?> contract : made.getInterfaces()) {
        collect(contract, type, found);
      }
    }
  }
}
