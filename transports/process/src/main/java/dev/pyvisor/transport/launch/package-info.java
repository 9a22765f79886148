/** How a runner is started on this machine, apart from what is then said to it: launchers. */
@NullMarked
package dev.pyvisor.transport.launch;

import org.jspecify.annotations.NullMarked;
