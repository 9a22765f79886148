package dev.pyvisor.matrix;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.backend.Pythons;

/** Every contract over the pipe backend, with a runner in a container. */
@Backend(value = PodmanBackend.Pipe.class, pythons = Pythons.STANDARD_OR_ALL)
class PipeInPodmanTest extends BackendContract {}
