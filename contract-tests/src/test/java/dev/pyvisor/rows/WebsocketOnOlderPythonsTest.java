package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.Pythons;
import dev.pyvisor.contract.backend.WebsocketBackend;

/** The same with the older Pythons; a class of its own, so that it can run beside the others. */
@Backend(value = WebsocketBackend.class, pythons = Pythons.OLDER)
class WebsocketOnOlderPythonsTest extends BackendContract {}
