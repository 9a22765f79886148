package dev.pyvisor.contract.run;

import dev.pyvisor.contract.BackendContract;

/** All contracts, for the rows that whoever launches them has assigned. */
final class Suite extends BackendContract {}
