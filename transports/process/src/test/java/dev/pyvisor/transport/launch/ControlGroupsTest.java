package dev.pyvisor.transport.launch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.transport.launch.ControlGroups.Place;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where groups may be made, in trees of files that look like those of a system. */
class ControlGroupsTest {
  @TempDir Path folder;

  private Path root;
  private Path membership;

  @BeforeEach
  void begin() throws IOException {
    root = Files.createDirectory(folder.resolve("cgroup"));
    membership = folder.resolve("membership");
  }

  private ControlGroups in(String lines) throws IOException {
    Files.writeString(membership, lines);
    return new ControlGroups(root, membership);
  }

  private Path group(String path, String enabled) throws IOException {
    Path group = Files.createDirectories(root.resolve(path));
    Files.writeString(group.resolve("cgroup.procs"), "");
    Files.writeString(group.resolve("cgroup.subtree_control"), enabled + "\n");
    return group;
  }

  private void unified() throws IOException {
    Files.writeString(root.resolve("cgroup.controllers"), "cpu memory pids\n");
  }

  @Test
  void in_version_1_it_is_below_the_own_group_of_each_controller() throws IOException {
    Path memory = group("memory/a/b", "");
    Path pids = group("pids", "");
    ControlGroups groups = in("9:name=systemd:/x\n4:memory:/a/b\n8:pids:/\n0::/\n");

    assertThat(groups.placeOf("memory")).contains(new Place(memory, false));
    assertThat(groups.placeOf("pids")).contains(new Place(pids, false));
    assertThat(groups.memory().orElseThrow()).contains("version 1").contains(memory.toString());
    assertThat(groups.placeOf("cpu")).isEmpty();
  }

  @Test
  void in_a_container_that_does_not_see_its_own_path_what_is_mounted_is_its_group()
      throws IOException {
    Path memory = group("memory", "");
    assertThat(in("4:memory:/docker/0123\n").placeOf("memory")).contains(new Place(memory, false));
    assertThat(in("4:memory:/../../etc\n").placeOf("memory")).contains(new Place(memory, false));
  }

  @Test
  void in_version_2_it_is_the_nearest_group_that_hands_the_controller_on() throws IOException {
    unified();
    group("", "cpu memory pids");
    Path slice = group("user.slice/app.slice", "memory pids");
    group("user.slice/app.slice/agent.scope", "");
    ControlGroups groups = in("0::/user.slice/app.slice/agent.scope\n");

    assertThat(groups.placeOf("memory")).contains(new Place(slice, true));
    assertThat(groups.placeOf("pids")).contains(new Place(slice, true));
    assertThat(groups.processes().orElseThrow()).contains("version 2");
  }

  @Test
  void a_group_that_limits_memory_is_not_left() throws IOException {
    unified();
    group("", "cpu memory pids");
    Path service = group("agent.service", "");
    Files.writeString(service.resolve("memory.max"), "1073741824\n");
    assertThat(in("0::/agent.service\n").placeOf("memory")).isEmpty();

    Files.writeString(service.resolve("memory.max"), "max\n");
    assertThat(in("0::/agent.service\n").placeOf("memory")).contains(new Place(root, true));
  }

  @Test
  void where_nothing_hands_it_on_or_nothing_is_mounted_there_is_none() throws IOException {
    assertThat(in("0::/\n").placeOf("memory")).isEmpty();
    unified();
    group("", "cpu");
    assertThat(in("0::/\n").placeOf("memory")).isEmpty();
    assertThat(in("garbage\n").placeOf("memory")).isEmpty();
    assertThat(new ControlGroups(root, folder.resolve("none")).memory()).isEmpty();
  }

  @Test
  void a_group_that_nobody_can_join_is_none() throws IOException {
    Files.createDirectories(root.resolve("memory"));
    assertThat(in("4:memory:/\n").placeOf("memory")).isEmpty();
  }

  @Test
  void version_2_beside_version_1_hands_on_what_that_does_not_have() throws IOException {
    Path memory = group("memory", "");
    Path unified = group("unified", "pids");
    ControlGroups groups = in("4:memory:/\n0::/\n");

    assertThat(groups.placeOf("memory")).contains(new Place(memory, false));
    assertThat(groups.placeOf("pids")).contains(new Place(unified, true));
  }
}
