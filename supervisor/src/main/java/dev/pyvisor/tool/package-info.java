/** Host tools: Java methods and functions that Python code calls. */
@NullMarked
package dev.pyvisor.tool;

import org.jspecify.annotations.NullMarked;
