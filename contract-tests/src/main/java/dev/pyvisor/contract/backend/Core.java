package dev.pyvisor.contract.backend;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * A contract that every Python is held to in every tier. In the tier {@code verify} one row of a
 * backend is held to more, in the tier {@code wide} all but those of the Pythons between the oldest
 * and the newest.
 *
 * <p>Immutable.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface Core {}
