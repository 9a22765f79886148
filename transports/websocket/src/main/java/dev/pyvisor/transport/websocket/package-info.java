/**
 * The backend {@code websocket}: a runner behind a link that may be cut at any byte. Nothing that
 * was printed, called or returned is lost or doubled by a cut.
 */
@NullMarked
package dev.pyvisor.transport.websocket;

import org.jspecify.annotations.NullMarked;
