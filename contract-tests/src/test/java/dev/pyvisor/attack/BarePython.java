package dev.pyvisor.attack;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The positive control: {@code python3 program.py}, as the child of something that stands for a
 * supervisor.
 *
 * <p>Confined to the test's thread.
 */
final class BarePython implements Attacked {
  private static final int SECONDS = 20;

  private final Path folder;
  private final String python;

  BarePython(Path folder, String python) {
    this.folder = folder;
    this.python = python;
  }

  @Override
  public Seen run(Program program, Plant plant) throws IOException, InterruptedException {
    Seen seen = null;
    Files.createDirectories(plant.home());
    for (String part : program.parts()) {
      seen = part(plant.source(part), program, plant);
    }
    return seen;
  }

  private Seen part(String source, Program program, Plant plant)
      throws IOException, InterruptedException {
    Path workspace = Files.createTempDirectory(folder, "bare");
    Path file = Files.writeString(workspace.resolve("program.py"), source);
    Path said = workspace.resolve("said");
    ProcessBuilder builder =
        new ProcessBuilder(
                python,
                "-B",
                Program.FOLDER.resolve("stand_in.py").toString(),
                "--token-file",
                plant.token().toString(),
                file.toString(),
                Integer.toString(program.seconds(SECONDS - 5)),
                program.head().getOrDefault("tidy", "no"),
                program.head().getOrDefault("beside", "nothing"))
            .directory(workspace.toFile())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile());
    Map<String, String> environment = builder.environment();
    environment.keySet().retainAll(java.util.Set.of("PATH"));
    environment.put("HOME", plant.home().toString());
    Process standIn = builder.start();
    boolean stopped = false;
    try {
      for (int i = 0; !stopped && i < SECONDS * 5; i++) {
        if (standIn.waitFor(200, TimeUnit.MILLISECONDS)) {
          break;
        }
        stopped = Plant.stopped(standIn.pid());
      }
      boolean overdue = standIn.isAlive() && !stopped;
      String text = Files.readString(said);
      if (overdue) {
        throw new AssertionError("no end within " + SECONDS + " s; it said: " + text);
      }
      boolean harmed = stopped || standIn.exitValue() != 0 || text.contains("STAND-IN misled");
      String collected =
          program
              .collected()
              .map(name -> Collector.collect(workspace.resolve(name), plant.secret()))
              .orElse("");
      return new Seen(
          text + collected, Optional.empty(), harmed, false, Optional.empty(), Optional.empty());
    } finally {
      standIn.descendants().forEach(ProcessHandle::destroyForcibly);
      standIn.toHandle().destroyForcibly();
      standIn.onExit().join();
    }
  }

  @Override
  public void close() {}
}
