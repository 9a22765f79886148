package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.backend.Pythons;

/** The contracts over the pipe backend, with a runner in a container. */
@Backend(value = PodmanBackend.Pipe.class, pythons = Pythons.STANDARD_CORE)
class PipeInPodmanTest extends BackendContract {}
