package dev.pyvisor.contract.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The backend that a test class holds against the contracts.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Backend {
  /** Who states what it can do; made with the constructor that has no arguments. */
  Class<? extends BackendUnderTest> value();

  /** The interpreters that it is run with. Default: all. */
  Pythons pythons() default Pythons.ALL;

  /**
   * Whether another backend's row of the standard Python, held to everything, shows in the tier
   * {@code verify} what {@link OneBackend} is enough for. Default: no.
   */
  boolean beside() default false;

  /** The contracts of the row that this class runs; another class has the others. Default: all. */
  Half half() default Half.BOTH;
}
