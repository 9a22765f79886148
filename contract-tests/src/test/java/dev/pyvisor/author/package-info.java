/**
 * A backend as a stranger would write it: from docs/BACKEND-AUTHORS.md and the Javadoc alone, over
 * a Unix domain socket.
 */
@NullMarked
package dev.pyvisor.author;

import org.jspecify.annotations.NullMarked;
