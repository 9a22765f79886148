package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.Half;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.Pythons;

/**
 * Every contract over the pipe backend, with the machine's own Python: one half of the contracts.
 */
@Backend(value = PipeBackend.class, pythons = Pythons.STANDARD, half = Half.FIRST)
class WholePipeOneTest extends BackendContract {}
