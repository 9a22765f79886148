package dev.pyvisor.contract.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * What takes too long to be run on every Python in the tiers {@code verify} and {@code wide}: there
 * the standard one runs it, and the matrix shows it as not in this tier for the others.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@ExtendWith(Applicability.class)
public @interface Heavy {
  /** What takes so long. */
  String why();
}
