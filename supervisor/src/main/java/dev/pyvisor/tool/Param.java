package dev.pyvisor.tool;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes a parameter of a host tool, or a field of an answer (only its description, there).
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.RECORD_COMPONENT})
public @interface Param {
  /** Says that there is no default: the parameter is required. */
  String NO_DEFAULT = "\0none";

  /**
   * The name in Python; the parameter's own where empty (which needs the compiler's option {@code
   * -parameters}).
   */
  String name() default "";

  /** What it is for. */
  String description() default "";

  /** The default as JSON text, for example {@code 10}, {@code "\"en\""} or {@code null}. */
  String defaultValue() default NO_DEFAULT;
}
