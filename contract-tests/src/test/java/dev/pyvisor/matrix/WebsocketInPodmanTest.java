package dev.pyvisor.matrix;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PodmanBackend;
import dev.pyvisor.contract.backend.Pythons;

/** Every contract over a link, with a runner in a container. */
@Backend(value = PodmanBackend.Websocket.class, pythons = Pythons.STANDARD_OR_ALL)
class WebsocketInPodmanTest extends BackendContract {}
