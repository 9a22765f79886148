package dev.pyvisor.internal;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;

/**
 * What goes wrong with files of this machine, as errors of the table.
 *
 * <p>Immutable.
 */
final class FileErrors {
  private FileErrors() {}

  static CallFailed of(String runnerId, Delivery delivery, String what, Exception failed) {
    return failed(runnerId, code(failed), delivery, what + ": " + text(failed));
  }

  /** A refusal by this side, as far as it had come. */
  static CallFailed failed(String runnerId, ErrorCode code, Delivery delivery, String message) {
    return new CallFailed(runnerId, code, code.number(), delivery, message, null, null);
  }

  private static ErrorCode code(Exception failed) {
    if (failed instanceof NoSuchFileException) {
      return ErrorCode.FILE_NOT_FOUND;
    }
    if (failed instanceof FileAlreadyExistsException) {
      return ErrorCode.FILE_EXISTS;
    }
    if (failed instanceof InvalidPathException) {
      return ErrorCode.INVALID_ARGUMENT;
    }
    return failed instanceof IOException ? ErrorCode.FILE_REFUSED : ErrorCode.INTERNAL;
  }

  private static String text(Exception failed) {
    if (failed instanceof NoSuchFileException missing) {
      return missing.getFile() + " is not there on this machine";
    }
    if (failed instanceof FileAlreadyExistsException there) {
      return there.getFile() + " is there already on this machine; choose another name";
    }
    if (failed instanceof AccessDeniedException denied) {
      return denied.getFile() + " may not be read or written by this program";
    }
    if (failed instanceof InvalidPathException invalid) {
      return invalid.getMessage() + "; is the JVM's locale a UTF-8 one?";
    }
    return failed instanceof FileSystemException other && other.getReason() != null
        ? other.getFile() + ": " + other.getReason()
        : failed.toString();
  }
}
