package dev.pyvisor.tool;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Says that a parameter of type {@link java.nio.file.Path} is a file of the session's workspace,
 * which the tool gets as {@link SyncedFile} describes.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Synced {
  /** Whether what the tool changes replaces the file in the workspace. */
  boolean writeBack() default true;

  /** A directory for the copy, which is kept; empty: a new one that is removed after the call. */
  String directory() default "";
}
