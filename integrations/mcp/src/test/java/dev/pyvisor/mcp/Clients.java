package dev.pyvisor.mcp;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.json.TypeRef;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Other people's programs: clients of MCP, and servers. Where one is not installed its test is
 * skipped with the reason; with {@code PYVISOR_CLIENTS=required}, as in CI, it fails.
 */
final class Clients {
  /** A cold JVM, Python and Node on a loaded machine. */
  private static final long SECONDS = 90;

  private static final Path ROOT = Path.of(System.getProperty("pyvisor.root"));
  private static final Path SCRIPTS = ROOT.resolve("integrations/mcp/src/test/clients");

  /** Where npm has been told to install. */
  static final Path MODULES = ROOT.resolve("target/clients");

  private Clients() {}

  /** The command of the official Python client's test, without what it is to connect to. */
  static List<String> python() throws Exception {
    return List.of(
        pythonWith("mcp", "from mcp import Client"),
        "-I",
        "-B",
        SCRIPTS.resolve("python_client.py").toString());
  }

  /** The same of the official TypeScript client's. */
  static List<String> typescript() throws Exception {
    return List.of(
        node("@modelcontextprotocol/sdk"),
        SCRIPTS.resolve("typescript_client.js").toString(),
        MODULES.toString());
  }

  /** A Python that can do so. */
  static String pythonWith(String packaged, String probe) throws Exception {
    if (run(List.of("python3", "-I", "-c", probe)).status() != 0) {
      absent("a python3 with the package " + packaged + ": pip install " + packaged);
    }
    return "python3";
  }

  /** Node, where that package is installed for it. */
  static String node(String packaged) throws Exception {
    if (!Files.isDirectory(MODULES.resolve("node_modules").resolve(packaged))
        || run(List.of("node", "--version")).status() != 0) {
      absent("node with " + packaged + ": npm install --prefix " + MODULES + " " + packaged);
    }
    return "node";
  }

  private static void absent(String what) {
    if ("required".equals(System.getenv("PYVISOR_CLIENTS"))) {
      fail("missing: " + what);
    }
    abort("not installed: " + what);
  }

  /** How a program ended and what it printed. */
  record Result(int status, String out, String err) {
    Map<String, Object> json() throws IOException {
      return McpJsonDefaults.getMapper().readValue(out, new TypeRef<Map<String, Object>>() {});
    }
  }

  static Result run(List<String> command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(new ArrayList<>(command)).start();
    } catch (IOException missing) {
      return new Result(-1, "", missing.toString());
    }
    process.getOutputStream().close();
    CompletableFuture<String> out = drained(process.getInputStream());
    CompletableFuture<String> err = drained(process.getErrorStream());
    if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.toHandle().destroyForcibly();
      fail(command + " was not done within " + SECONDS + " s; it said " + err.getNow("nothing"));
    }
    return new Result(process.exitValue(), out.get(), err.get());
  }

  private static CompletableFuture<String> drained(InputStream stream) {
    CompletableFuture<String> text = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
              } catch (IOException failed) {
                text.completeExceptionally(failed);
              }
            },
            "test-drain");
    reader.setDaemon(true);
    reader.start();
    return text;
  }
}
