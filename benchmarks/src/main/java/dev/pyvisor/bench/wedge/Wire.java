package dev.pyvisor.bench.wedge;

import dev.pyvisor.bench.python.PythonChild;
import java.io.FilterInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a peer, which count what moves, and the host's threads that use them.
 *
 * <p>Thread-safe: concurrent collections and atomics; each stream has the users that its form gives
 * it.
 */
final class Wire {
  private static final int PIECE = 8_192;

  private final AtomicLong moved = new AtomicLong();
  private final AtomicReference<@Nullable Exception> trouble = new AtomicReference<>();
  private final List<Thread> threads = new CopyOnWriteArrayList<>();
  private final InputStream in;
  private final OutputStream out;
  private final InputStream err;

  Wire(PythonChild child) {
    in = new CountedInput(child.stdout());
    out = new CountedOutput(child.stdin());
    err = new CountedInput(child.stderr());
  }

  /** Work that may fail because the peer has ended. */
  interface Job {
    void run() throws Exception;
  }

  InputStream in() {
    return in;
  }

  OutputStream out() {
    return out;
  }

  InputStream err() {
    return err;
  }

  /** Bytes that moved so far, in all directions. */
  long moved() {
    return moved.get();
  }

  /** The first failure of a started thread; also the end of the streams is one. */
  Optional<Exception> trouble() {
    return Optional.ofNullable(trouble.get());
  }

  /** Starts a daemon thread of this conversation; it ends when the peer's streams do. */
  void start(String name, Job job) {
    Thread thread =
        new Thread(
            () -> {
              try {
                job.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              } catch (Exception e) {
                trouble.compareAndSet(null, e); // Of two failures the first is the cause.
              }
            },
            "wedge-" + name);
    thread.setDaemon(true);
    threads.add(thread);
    thread.start();
  }

  List<Thread> threads() {
    return threads;
  }

  private final class CountedInput extends FilterInputStream {
    CountedInput(InputStream stream) {
      super(stream);
    }

    @Override
    public int read() throws IOException {
      int value = super.read();
      moved.addAndGet(value < 0 ? 0 : 1);
      return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      int count = super.read(target, offset, length);
      moved.addAndGet(Math.max(0, count));
      return count;
    }
  }

  /** Writes in pieces, so that a large write that goes on does not look like one that does not. */
  private final class CountedOutput extends FilterOutputStream {
    CountedOutput(OutputStream stream) {
      super(stream);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      for (int done = 0; done < length; done += PIECE) {
        int piece = Math.min(PIECE, length - done);
        out.write(source, offset + done, piece);
        moved.addAndGet(piece);
      }
    }
  }
}
