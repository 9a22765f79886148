package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.StdioBackend;

/** Every contract over the deprecated backend, with our own runner at the other end. */
@Backend(value = StdioBackend.class, beside = true)
class StdioTest extends BackendContract {}
