package dev.pyvisor.contract.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What one backend is enough for in the tier {@code verify}: a row that stands {@link
 * Backend#beside() beside} another one leaves it to that.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(Applicability.class)
public @interface OneBackend {
  /** Why another backend would show nothing more. */
  String why() default "supervisor and kernel do it, the same on every way to them";

  /**
   * Whether it holds of a backend, too, that speaks another dialect than the frames of this project
   * and so has no {@link Capability#TYPED_VALUES}. Default: no.
   */
  boolean inEveryDialect() default false;
}
