package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.Pythons;
import dev.pyvisor.contract.backend.WebsocketBackend;

/** Every contract over a link that may be cut, and is not. */
@Backend(value = WebsocketBackend.class, pythons = Pythons.STANDARD, beside = true)
class WebsocketTest extends BackendContract {}
