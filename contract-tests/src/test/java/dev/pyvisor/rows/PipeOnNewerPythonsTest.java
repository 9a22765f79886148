package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.Pythons;

/** The same with the newer Pythons; a class of its own, so that it can run beside the others. */
@Backend(value = PipeBackend.class, pythons = Pythons.NEWER)
class PipeOnNewerPythonsTest extends BackendContract {}
