package dev.pyvisor.contract.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that is right and fails, and whose failure is known. It must fail: when it passes, the gap
 * has been closed and the build fails until this annotation and its line in the README are gone.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@ExtendWith(GapWatch.class)
public @interface KnownGap {
  /** What does not work, in the words of the README's list. */
  String reason();

  /** Where it would be mended: a file or a type. */
  String place();
}
