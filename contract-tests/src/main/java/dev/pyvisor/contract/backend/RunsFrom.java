package dev.pyvisor.contract.backend;

import dev.pyvisor.contract.Tier;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What nothing runs below a tier: no row of the matrix, which shows it as not in this tier, and no
 * other test.
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

  /** Why the smaller tiers can do without it. */
  String why();
}
