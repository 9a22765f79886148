package dev.pyvisor.contract.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * What must not run beside other tests, for it keeps every core busy or measures how quick
 * something is. A build that runs several JVMs at once leaves the tag {@value #TAG} to a run of its
 * own.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@Tag(Alone.TAG)
public @interface Alone {
  /** The tag for build tools. */
  String TAG = "alone";
}
