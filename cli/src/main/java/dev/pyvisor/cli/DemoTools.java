package dev.pyvisor.cli;

import dev.pyvisor.tool.HostTool;
import dev.pyvisor.tool.Param;
import dev.pyvisor.tool.Synced;
import dev.pyvisor.tool.ToolContext;
import dev.pyvisor.tool.ToolFailure;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The host tools of {@code --demo-tools}. */
public final class DemoTools {
  private final Map<String, Integer> tallies = new ConcurrentHashMap<>();

  @HostTool(description = "Returns the value that it was given.")
  public @Nullable Object echo(@Param(name = "value") @Nullable Object value) {
    return value;
  }

  @HostTool(description = "Adds two numbers.")
  public Number add(@Param(name = "a") BigDecimal a, @Param(name = "b") BigDecimal b) {
    BigDecimal sum = a.add(b);
    return sum.stripTrailingZeros().scale() <= 0 ? sum.toBigIntegerExact() : sum.doubleValue();
  }

  @HostTool(description = "Waits that many seconds on the host, then returns them.")
  public double sleep(@Param(name = "seconds") double seconds, ToolContext context)
      throws InterruptedException {
    if (!(seconds >= 0 && seconds <= 3600)) {
      throw new ToolFailure("seconds must be from 0 to 3600, not " + seconds, Map.of());
    }
    CountDownLatch cancelled = new CountDownLatch(1);
    context.onCancel(cancelled::countDown);
    cancelled.await(Duration.ofNanos((long) (seconds * 1e9)).toNanos(), TimeUnit.NANOSECONDS);
    return seconds;
  }

  @HostTool(description = "Fails with the message.")
  public void fail(@Param(name = "message") String message) {
    throw new ToolFailure(message, Map.of());
  }

  @HostTool(description = "How often the host has run this key: 1 the first time.")
  public int tally(@Param(name = "key") String key) {
    return tallies.merge(key, 1, Integer::sum);
  }

  @HostTool(
      description =
          "Appends a last line to a text file: how many lines the host has seen in it, and the"
              + " SHA-256 of their bytes. Returns that line.")
  public String seal(@Param(name = "file") @Synced Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    long lines = new String(bytes, StandardCharsets.UTF_8).lines().count();
    String seal = lines + " lines, sha256 " + HexFormat.of().formatHex(sha256(bytes));
    Files.writeString(file, seal + "\n", StandardOpenOption.APPEND);
    return seal;
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException everyJavaHasIt) {
      throw new IllegalStateException(everyJavaHasIt);
    }
  }
}
