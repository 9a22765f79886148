/**
 * Transports and runners that are broken on purpose, which the contracts must catch. Their tests
 * wait for what never comes, and this package sorts last, so that they start first.
 */
@NullMarked
package dev.pyvisor.sabotage;

import org.jspecify.annotations.NullMarked;
