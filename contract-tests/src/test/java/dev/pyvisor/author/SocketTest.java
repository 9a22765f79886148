package dev.pyvisor.author;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.Pythons;

/** Every contract over the author's backend, with the machine's own Python. */
@Backend(value = SocketBackend.class, pythons = Pythons.STANDARD_WITHOUT_HEAVY)
class SocketTest extends BackendContract {}
