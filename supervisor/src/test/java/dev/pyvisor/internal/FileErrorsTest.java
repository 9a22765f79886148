package dev.pyvisor.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.error.CallFailed;
import dev.pyvisor.error.Delivery;
import dev.pyvisor.error.ErrorCode;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What this machine says of a file, with its path: also what root, who may do all, never sees. */
class FileErrorsTest {
  private record Case(Exception problem, ErrorCode code, String text) {}

  private static Stream<Case> cases() {
    return Stream.of(
        new Case(
            new AccessDeniedException("/data/x"),
            ErrorCode.FILE_REFUSED,
            "put x: /data/x may not be read or written by this program"),
        new Case(
            new NoSuchFileException("/data/x"),
            ErrorCode.FILE_NOT_FOUND,
            "put x: /data/x is not there on this machine"),
        new Case(
            new FileAlreadyExistsException("/data/x"),
            ErrorCode.FILE_EXISTS,
            "put x: /data/x is there already on this machine; choose another name"),
        new Case(
            new FileSystemException("/data/x", null, "No space left on device"),
            ErrorCode.FILE_REFUSED,
            "put x: /data/x: No space left on device"),
        new Case(
            new InvalidPathException("a\0", "Nul character not allowed"),
            ErrorCode.INVALID_ARGUMENT,
            "is the JVM's locale a UTF-8 one?"),
        new Case(
            new IOException("Input/output error"), ErrorCode.FILE_REFUSED, "Input/output error"),
        new Case(new IllegalStateException("a defect"), ErrorCode.INTERNAL, "a defect"));
  }

  @TestFactory
  Stream<DynamicTest> what_went_wrong_is_told_with_its_path_and_its_code() {
    return cases().map(each -> DynamicTest.dynamicTest(each.text, () -> isTold(each)));
  }

  private static void isTold(Case each) {
    CallFailed failed = FileErrors.of("r", Delivery.ANSWERED, "put x", each.problem);
    assertThat(failed.code()).isEqualTo(each.code);
    assertThat(failed).hasMessageContaining(each.text);
    assertThat(failed.delivery()).isEqualTo(Delivery.ANSWERED);
  }
}
