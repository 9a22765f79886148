package dev.pyvisor.transport.launch;

import dev.pyvisor.Defaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The options of bwrap that every sandbox has: namespaces of its own, no network, no right to
 * anything, and of the machine's files only programs and libraries.
 *
 * <p>Immutable.
 */
final class BubblewrapOptions {
  /** Where programs that write to their user's home write. */
  static final String HOME = "/tmp";

  private static final List<String> NAMESPACES =
      List.of(
          "--unshare-all",
          // Without the word it would go on where there is none.
          "--unshare-user",
          "--die-with-parent",
          "--new-session",
          // Nothing inside can kill or stop the first process of a namespace, and all others end
          // with it: the supervisor is that process.
          "--as-pid-1",
          "--cap-drop",
          "ALL",
          "--uid",
          Integer.toString(SandboxFolder.USER),
          "--gid",
          Integer.toString(SandboxFolder.USER),
          "--hostname",
          "pyvisor");

  /** Of old they are folders, on newer systems links into /usr. */
  private static final List<String> PROGRAMS =
      List.of("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32");

  /** What libraries look for; none of it is a secret. */
  private static final List<String> SETTINGS =
      List.of(
          "/etc/ld.so.cache",
          "/etc/ld.so.conf",
          "/etc/ld.so.conf.d",
          "/etc/alternatives",
          "/etc/ssl/certs",
          "/etc/ssl/openssl.cnf",
          "/etc/ca-certificates",
          "/etc/pki/tls/certs",
          "/etc/pki/ca-trust",
          "/etc/localtime",
          "/etc/mime.types",
          "/etc/nsswitch.conf");

  private BubblewrapOptions() {}

  /** Those before the binds of a runner. */
  static List<String> system() {
    List<String> options = new ArrayList<>(NAMESPACES);
    options.addAll(List.of("--ro-bind", "/usr", "/usr"));
    PROGRAMS.forEach(folder -> options.addAll(program(Path.of(folder))));
    SETTINGS.forEach(file -> options.addAll(List.of("--ro-bind-try", file, file)));
    options.addAll(List.of("--proc", "/proc"));
    // bwrap leaves them writable to whom they belong, and that is the user inside where the host is
    // root: the name of a program that the system starts outside is among them.
    options.addAll(List.of("--ro-bind", "/proc/sys", "/proc/sys"));
    options.addAll(List.of("--ro-bind-try", "/proc/sysrq-trigger", "/proc/sysrq-trigger"));
    String size = Long.toString(Defaults.SANDBOX_TMP);
    options.addAll(List.of("--dev", "/dev", "--size", size, "--tmpfs", "/dev/shm"));
    options.addAll(List.of("--size", size, "--tmpfs", "/tmp"));
    return options;
  }

  /** Those after them: what is made for mounting is not for writing. */
  static List<String> seal() {
    return List.of("--remount-ro", "/dev", "--remount-ro", "/");
  }

  private static List<String> program(Path folder) {
    try {
      return Files.isSymbolicLink(folder)
          ? List.of("--symlink", Files.readSymbolicLink(folder).toString(), folder.toString())
          : List.of("--ro-bind-try", folder.toString(), folder.toString());
    } catch (IOException gone) {
      return List.of();
    }
  }
}
