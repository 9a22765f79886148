package dev.pyvisor.contract.guard;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Another time limit than the usual one, for the tests of a class or for one test.
 *
 * <p>Immutable.
 */
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Limit {
  /** The limit. */
  int seconds();

  /** Why the usual limit does not do. */
  String why();
}
