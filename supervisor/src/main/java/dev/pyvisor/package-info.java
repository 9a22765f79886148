/** The public interface: one client, its sessions and their cells. */
@NullMarked
package dev.pyvisor;

import org.jspecify.annotations.NullMarked;
