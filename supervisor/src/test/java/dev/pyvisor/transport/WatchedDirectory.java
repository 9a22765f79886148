package dev.pyvisor.transport;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileAttributeView;
import java.util.Iterator;
import java.util.Set;

/** A directory that is held open, beside code that acts just before its names are used. */
record WatchedDirectory(SecureDirectoryStream<Path> held, Code code)
    implements SecureDirectoryStream<Path> {
  /** What lives on. */
  interface Code {
    void act(String use, String name) throws IOException;
  }

  @Override
  public SecureDirectoryStream<Path> newDirectoryStream(Path path, LinkOption... options)
      throws IOException {
    code.act("open", path.getName(0).toString());
    return new WatchedDirectory(held.newDirectoryStream(path, options), code);
  }

  @Override
  public SeekableByteChannel newByteChannel(
      Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
      throws IOException {
    return held.newByteChannel(path, options, attributes);
  }

  @Override
  public void deleteFile(Path path) throws IOException {
    code.act("delete file", path.toString());
    held.deleteFile(path);
  }

  @Override
  public void deleteDirectory(Path path) throws IOException {
    code.act("delete directory", path.toString());
    held.deleteDirectory(path);
  }

  @Override
  public void move(Path from, SecureDirectoryStream<Path> target, Path to) throws IOException {
    held.move(from, target instanceof WatchedDirectory watched ? watched.held : target, to);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(Class<V> type) {
    return held.getFileAttributeView(type);
  }

  @Override
  public <V extends FileAttributeView> V getFileAttributeView(
      Path path, Class<V> type, LinkOption... options) {
    return held.getFileAttributeView(path, type, options);
  }

  @Override
  public Iterator<Path> iterator() {
    return held.iterator();
  }

  @Override
  public void close() throws IOException {
    code.act("close", "");
    held.close();
  }
}
