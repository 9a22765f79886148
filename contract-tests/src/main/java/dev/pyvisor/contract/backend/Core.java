package dev.pyvisor.contract.backend;

import dev.pyvisor.contract.Tier;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A contract that every row is held to, from a tier on: it is about what a Python or a sandbox can
 * spoil. What is no core is held to by one row of a backend in the tier {@code verify}, and by all
 * but the rows between in the tier {@code wide}. On a test of such a contract it says that this
 * test belongs to the core only from a later tier on.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Core {
  /** The smallest tier in which every row is held to it. */
  Tier from() default Tier.VERIFY;

  /**
   * Whether the tier {@code verify} holds the rows {@link Row.Place#BETWEEN between} to it, too.
   * Default: yes.
   */
  boolean between() default true;
}
