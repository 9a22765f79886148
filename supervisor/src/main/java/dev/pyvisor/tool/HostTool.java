package dev.pyvisor.tool;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks a public method as a host tool.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface HostTool {
  /** The name in Python; the method's own where empty. */
  String name() default "";

  /** What it does: the docstring in Python. */
  String description() default "";

  /** Seconds that it may take; 0: as the client's builder says. */
  double timeoutSeconds() default 0;
}
