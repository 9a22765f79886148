package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.Pythons;

/** Every contract over the pipe backend, with the machine's own Python. */
@Backend(value = PipeBackend.class, pythons = Pythons.STANDARD)
class WholePipeTest extends BackendContract {}
