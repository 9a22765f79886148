package dev.pyvisor.mcp;

import dev.pyvisor.SupervisorClient;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The server as a program, for clients that start theirs. */
public final class TestServer {
  private TestServer() {}

  /** Serves whoever has started it. */
  public static void main(String[] arguments) throws InterruptedException {
    PythonServer.startingWith(runners())
        .serve(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out));
  }

  static Supplier<SupervisorClient> runners() {
    return () -> SupervisorClient.builder().trusted().interruptGrace(Duration.ofSeconds(5)).open();
  }

  /** How it is started. */
  public static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            System.getProperty("java.class.path"),
            TestServer.class.getName()));
    return command;
  }
}
