package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(ReplaceUnderscores.class)
class BubblewrapProbeTest {
  private static String fix(String said, Map<String, String> settings) {
    return BubblewrapProbe.fix(said, name -> settings.getOrDefault(name, ""));
  }

  @Test
  void what_forbids_namespaces_is_named_with_what_allows_them() {
    String refused = "bwrap: No permissions to create new namespace";
    assertThat(fix(refused, Map.of("user/max_user_namespaces", "0")))
        .contains("sysctl -w user.max_user_namespaces=");
    assertThat(fix(refused, Map.of("kernel/unprivileged_userns_clone", "0")))
        .contains("sysctl -w kernel.unprivileged_userns_clone=1");
    assertThat(
            fix(
                "bwrap: setting up uid map: Permission denied",
                Map.of("kernel/apparmor_restrict_unprivileged_userns", "1")))
        .contains("AppArmor")
        .contains("kernel.apparmor_restrict_unprivileged_userns=0");
    assertThat(fix(refused, Map.of("user/max_user_namespaces", "100")))
        .contains("--security-opt seccomp=unconfined");
  }

  @Test
  void what_bwrap_says_comes_before_what_the_system_is_set_to() {
    Map<String, String> forbidden = Map.of("user/max_user_namespaces", "0");
    assertThat(fix("bwrap: Unknown option --size", forbidden)).contains("too old");
    assertThat(fix("bwrap: Can't mount proc on /newroot/proc", forbidden))
        .contains("systempaths=unconfined");
  }
}
