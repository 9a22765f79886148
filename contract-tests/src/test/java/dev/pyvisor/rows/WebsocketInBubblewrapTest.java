package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.BubblewrapBackend;
import dev.pyvisor.contract.backend.Pythons;

/** Every contract over a link, with a runner in namespaces of its own. */
@Backend(value = BubblewrapBackend.Websocket.class, pythons = Pythons.STANDARD_OR_ALL)
class WebsocketInBubblewrapTest extends BackendContract {}
