package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.Pythons;

/** Every contract over the pipe backend, with a runner in namespaces of its own. */
@Backend(value = BubblewrapBackend.Pipe.class, pythons = Pythons.STANDARD_OR_ALL)
class PipeInBubblewrapTest extends BackendContract {}
