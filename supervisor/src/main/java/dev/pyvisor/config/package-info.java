/** What can be configured without code: one document, the environment, and single assignments. */
@NullMarked
package dev.pyvisor.config;

import org.jspecify.annotations.NullMarked;
