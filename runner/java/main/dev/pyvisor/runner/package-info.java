/** The runner's Python payload, as a resource of this jar. */
@NullMarked
package dev.pyvisor.runner;

import org.jspecify.annotations.NullMarked;
