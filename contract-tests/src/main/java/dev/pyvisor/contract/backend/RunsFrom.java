package dev.pyvisor.contract.backend;

import dev.pyvisor.contract.Tier;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What no row runs below a tier, for other tests of that tier provoke the same in a harder way; the
 * matrix shows it as not in this tier.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(Applicability.class)
public @interface RunsFrom {
  /** The smallest tier that runs it. */
  Tier tier();

  /** Which tests of the smaller tiers make up for it. */
  String why();
}
