/** The matrix of rules and backends: how it is recorded, gathered and shown. */
@NullMarked
package dev.pyvisor.contract.matrix;

import org.jspecify.annotations.NullMarked;
