/**
 * LangChain4j: a session as a model's tool and as a code execution engine, and LangChain4j's tools
 * as functions that the code in a session calls.
 */
@NullMarked
package dev.pyvisor.langchain4j;

import org.jspecify.annotations.NullMarked;
