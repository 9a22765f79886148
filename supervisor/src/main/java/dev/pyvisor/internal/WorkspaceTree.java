package dev.pyvisor.internal;

import dev.pyvisor.WorkspaceFile;
import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.ErrorCode;
import dev.pyvisor.wire.Json;
import dev.pyvisor.wire.Limits;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What is in a directory of a workspace and below, as far as the runner tells: asked for one
 * directory after the other, and believed only within bounds.
 *
 * <p>Confined to the thread that asks.
 */
final class WorkspaceTree {
  private static final String METHOD = "file.list";

  /**
   * One thing in it.
   *
   * <p>Immutable.
   *
   * @param path below the directory that was asked for
   * @param kind {@code file}, {@code directory}, {@code link} or {@code other}
   */
  record Entry(String path, String kind, long bytes) {
    boolean isFile() {
      return kind.equals("file");
    }

    boolean isDirectory() {
      return kind.equals("directory");
    }
  }

  private final FileCalls calls;
  private final String root;
  private final List<Entry> entries = new ArrayList<>();

  private WorkspaceTree(FileCalls calls, String root) {
    this.calls = calls;
    this.root = root;
  }

  /** Everything; a directory comes before what is in it. */
  static List<Entry> entries(FileCalls calls, String root) {
    WorkspaceTree tree = new WorkspaceTree(calls, root);
    tree.look("");
    return tree.entries;
  }

  /** The files, with their paths in the workspace; none where there is no such directory. */
  static List<WorkspaceFile> files(FileCalls calls, String root) {
    try {
      return entries(calls, root).stream()
          .filter(Entry::isFile)
          .map(entry -> new WorkspaceFile(below(root, entry.path), entry.bytes))
          .sorted(Comparator.comparing(WorkspaceFile::path))
          .toList();
    } catch (CallFailed failed) {
      if (failed.code() == ErrorCode.FILE_NOT_FOUND) {
        return List.of();
      }
      throw failed;
    }
  }

  static String below(String folder, String name) {
    return folder.isEmpty() ? name : name.isEmpty() ? folder : folder + "/" + name;
  }

  private void look(String folder) {
    String asked = below(root, folder);
    if (asked.chars().filter(each -> each == '/').count() >= Limits.FILE_DEPTH) {
      throw calls.failed(
          ErrorCode.MESSAGE_TOO_LARGE,
          "'" + asked + "' lies in more than " + Limits.FILE_DEPTH + " directories");
    }
    List<Entry> here = read(asked, folder);
    for (Entry entry : here) {
      if (entries.size() >= Limits.TRANSFER_ENTRIES) {
        throw calls.failed(
            ErrorCode.MESSAGE_TOO_LARGE,
            "'"
                + root
                + "' has more than the "
                + Limits.TRANSFER_ENTRIES
                + " files and directories that are told at a time; have the code pack them into"
                + " one");
      }
      entries.add(entry);
      if (entry.isDirectory()) {
        look(entry.path);
      }
    }
  }

  private List<Entry> read(String asked, String folder) {
    FileCalls.Answer answer = calls.ask(METHOD, calls.params().put("path", asked));
    JsonNode listing = parsed(answer.attachment(calls, METHOD));
    if (listing.size() > Limits.FILE_ENTRIES) {
      throw unfit(listing.size() + " entries");
    }
    Set<String> seen = new HashSet<>();
    List<Entry> here = new ArrayList<>(listing.size());
    for (JsonNode each : listing) {
      JsonNode name = each.path(0);
      JsonNode kind = each.path(1);
      JsonNode bytes = each.path(2);
      if (!name.isString()
          || !kind.isString()
          || !bytes.isIntegralNumber()
          || !bytes.canConvertToLong()
          || bytes.longValue() < 0) {
        throw unfit("an entry that is no list of name, kind and size");
      }
      String checked = HostName.checked(calls, name.stringValue(), asked);
      if (!seen.add(checked)) {
        throw calls.failed(
            ErrorCode.FILE_REFUSED,
            "the runner tells of '" + checked + "' in '" + asked + "' twice");
      }
      here.add(new Entry(below(folder, checked), kind.stringValue(), bytes.longValue()));
    }
    return here;
  }

  private JsonNode parsed(byte[] listing) {
    try {
      JsonNode found = Json.MAPPER.readTree(listing);
      if (found.isArray()) {
        return found;
      }
      throw unfit("no list");
    } catch (JacksonException malformed) {
      throw unfit("what is no JSON");
    }
  }

  private CallFailed unfit(String what) {
    return calls.failed(ErrorCode.INTERNAL, METHOD + ": the runner told " + what);
  }
}
