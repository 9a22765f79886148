package dev.pyvisor.matrix;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.StdioBackend;

/** Every contract over the deprecated backend, with our own runner at the other end. */
@Backend(StdioBackend.class)
class StdioTest extends BackendContract {}
