package dev.pyvisor.contract;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The rules that a test shows: rules of {@code docs/PROTOCOL.md} ({@code "FRM-2"}) and contracts of
 * {@code contract-tests/README.md} ({@code "C31"}, {@code "H17"}).
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Rule {
  /** One or more ids. */
  String[] value();
}
