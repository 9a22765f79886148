package dev.pyvisor.rows;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.backend.Pythons;

/** The contracts over a link, with a runner in a container. */
@Backend(value = PodmanBackend.Websocket.class, pythons = Pythons.STANDARD_CORE)
class WebsocketInPodmanTest extends BackendContract {}
