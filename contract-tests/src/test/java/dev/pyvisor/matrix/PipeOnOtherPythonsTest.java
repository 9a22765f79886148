package dev.pyvisor.matrix;

import dev.pyvisor.contract.BackendContract;
import dev.pyvisor.contract.backend.Backend;
import dev.pyvisor.contract.backend.PipeBackend;
import dev.pyvisor.contract.backend.Pythons;

/** The same with every other Python; a class of its own, so that both can run at the same time. */
@Backend(value = PipeBackend.class, pythons = Pythons.OTHERS)
class PipeOnOtherPythonsTest extends BackendContract {}
