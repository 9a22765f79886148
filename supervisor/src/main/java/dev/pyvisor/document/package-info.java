/** Java values as documents, the JSON form of Python objects (PROTOCOL.md section 9), and back. */
@NullMarked
package dev.pyvisor.document;

import org.jspecify.annotations.NullMarked;
