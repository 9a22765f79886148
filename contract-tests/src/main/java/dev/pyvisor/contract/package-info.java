/**
 * What every backend must show. Implement a contract's {@link
 * dev.pyvisor.contract.RunnerContract#client()} in a test class, and JUnit runs all of it against
 * your backend.
 */
@NullMarked
package dev.pyvisor.contract;

import org.jspecify.annotations.NullMarked;
