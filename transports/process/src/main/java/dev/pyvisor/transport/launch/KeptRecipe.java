package dev.pyvisor.transport.launch;

import dev.pyvisor.runner.RunnerPayload;
import dev.pyvisor.transport.KeptFolder;
import dev.pyvisor.transport.TransportConfig;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a kept container is made with, and what of it a client may name: that is in its labels, with
 * a digest of everything, so that the next client can tell whether it would have made the same.
 *
 * <p>Immutable.
 *
 * @param words what the engine is told, but for the labels
 * @param facts what a label says, by its name
 */
record KeptRecipe(List<String> words, Map<String, String> facts) {
  /** Whose it is; the other labels' names begin so, too. */
  static final String OURS = "dev.pyvisor.container";

  /** Differs where anything does. */
  static final String DIGEST = "digest";

  /** What differs where the digest does, by the keys that set it; asked for in this order. */
  static final List<String> NAMED =
      List.of("image", "container-options", "limits", "workspace", "python", "runner", "user");

  KeptRecipe {
    words = List.copyOf(words);
  }

  /** {@code imageId}: the image that has this name today. */
  static KeptRecipe of(
      Engine engine,
      KeptFolder folder,
      TransportConfig config,
      String image,
      String imageId,
      ContainerUser user) {
    String options = config.sandbox().containerOptions().orElse("");
    String python = ContainerLauncher.python(config);
    List<String> limits = ContainerOptions.limited(config);
    List<String> words = new ArrayList<>();
    words.addAll(List.of("run", "--detach", "--name", folder.name()));
    words.addAll(ContainerOptions.sealed(engine.kind(), user));
    words.addAll(limits);
    words.addAll(volumes(config, folder));
    words.addAll(List.of("--workdir", folder.files().toString()));
    if (!options.isEmpty()) {
      words.addAll(CommandWords.of(config.runnerId(), "container-options", options));
    }
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("image", image + " " + imageId);
    facts.put("container-options", options);
    facts.put("limits", String.join(" ", limits));
    facts.put("workspace", config.workspace().map(Path::toString).orElse(""));
    facts.put("python", python);
    facts.put("runner", config.payload().map(Path::toString).orElseGet(RunnerPayload::sha256));
    facts.put("user", user.uid() + ":" + user.gid());
    facts.put(DIGEST, digest(words, facts));
    words.addAll(List.of("--label", OURS + "=" + folder.name()));
    facts.forEach((name, value) -> words.addAll(List.of("--label", label(name) + "=" + value)));
    words.addAll(List.of("--entrypoint", python, image, "-I", "-S"));
    words.addAll(List.of(ContainerLauncher.runner(config), "idle"));
    return new KeptRecipe(words, facts);
  }

  static String label(String fact) {
    return OURS + "." + fact;
  }

  private static List<String> volumes(TransportConfig config, KeptFolder folder) {
    Binds binds = new Binds(config.runnerId(), config.privateDirectory().toAbsolutePath());
    config
        .workspace()
        .ifPresent(path -> binds.writable("the workspace", path.toAbsolutePath().normalize()));
    binds.writable("the runner's private directory", folder.runners());
    if (!config.workspace().equals(Optional.of(folder.files()))) {
      binds.writable("what is kept", folder.files());
    }
    List<String> options = new ArrayList<>(binds.volumes());
    Path payload = config.payload().map(Path::toAbsolutePath).orElse(folder.payload());
    options.addAll(List.of("--volume", payload + ":" + ContainerLauncher.RUNNER + ":ro,z"));
    options.addAll(List.of("--volume", folder.told() + ":" + KeptContainer.TOLD + ":ro,z"));
    return options;
  }

  private static String digest(List<String> words, Map<String, String> facts) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : List.of(words.toString(), facts.toString())) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
