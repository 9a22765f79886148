package dev.pyvisor.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.testing.Rule;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Secrets are known by their names and by their forms; what is harmless stays. */
class SecretsTest {
  /** Far more than such a text takes; one that goes back and forth takes minutes. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static final String PEM =
      "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKC\n-----END RSA PRIVATE KEY-----";

  @TestFactory
  @Rule("C131")
  Stream<DynamicTest> names_that_say_what_is_under_them() {
    return Stream.of(
            "api key",
            "apikey",
            "api_key",
            "API-KEY",
            "x-api-key",
            "openaiApiKey",
            "a.p.i.k.e.y",
            "Authorization",
            "proxy-authorization",
            "bearer",
            "credential",
            "AWS_CREDENTIALS",
            "password",
            "PassWord",
            "db_password_2",
            "passwd",
            "secret",
            "client-secret",
            "token",
            "ACCESS_TOKEN",
            "pass\u200bword",
            "ｐａｓｓｗｏｒｄ",
            "pass word",
            "x".repeat(2_000))
        .map(
            name ->
                DynamicTest.dynamicTest(
                    name.substring(0, Math.min(20, name.length())),
                    () -> assertThat(Secrets.named(name)).isTrue()));
  }

  @TestFactory
  @Rule("C131")
  Stream<DynamicTest> names_that_say_nothing_of_the_kind() {
    return Stream.of("", "key", "keys", "pass", "author", "name", "path", "user", "id", "auth_kind")
        .map(
            name ->
                DynamicTest.dynamicTest(
                    "'" + name + "'", () -> assertThat(Secrets.named(name)).isFalse()));
  }

  /** What a text holds, and what of it must not be seen. */
  private record Row(String text, String hidden) {}

  @TestFactory
  @Rule("C131")
  Stream<DynamicTest> forms_that_are_secrets_wherever_they_stand() {
    return Stream.of(
            new Row("Bearer abc.DEF-123_x~y+/=", "abc.DEF"),
            new Row("sent bearer  abcd1234 and more", "abcd1234"),
            new Row("key sk-proj-abc_DEF-123456 used", "abc_DEF"),
            new Row("sk_live_abcdef123456", "abcdef123456"),
            new Row("xoxb-12345-abcdef", "12345"),
            new Row("xoxp-1-2", "1-2"),
            new Row("xapp-1-A02-33", "A02"),
            new Row("clone with ghp_abcdefghij now", "abcdefghij"),
            new Row("gho_16C7e42F292c", "16C7"),
            new Row("github_pat_11ABCDEF_xyz", "11ABCDEF"),
            new Row("glpat-abcdefghij", "abcdefghij"),
            new Row("AKIAIOSFODNN7EXAMPLE", "IOSFODNN"),
            new Row("in the URL?k=ASIAIOSFODNN7EXAMPLE&x=1", "IOSFODNN"),
            new Row("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "eyJzdWIi"),
            new Row("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "eyJzdWIi"),
            new Row("before\n" + PEM + "\nafter", "MIIEow"),
            new Row("-----BEGIN PRIVATE KEY-----\nMIIEow\ncut", "MIIEow"),
            new Row("AAKC\n-----END OPENSSH PRIVATE KEY-----\nafter", "AAKC"),
            new Row("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOYBF", "lQOYBF"),
            new Row("postgres://admin:hunter2@db/x", "hunter2"),
            new Row("http://u:p@ss@host:80/x", "p@ss"),
            new Row("https://:hunter2@host", "hunter2"),
            new Row("Authorization: Basic dXNlcjpodW50ZXIy", "dXNl"),
            new Row("{'Authorization': 'Basic dXNlcjpodW50ZXIy', 'n': 1}", "dXNl"),
            new Row("password=hunter2", "hunter2"),
            new Row("PASSWORD : hunter2, user: me", "hunter2"),
            new Row("AWS_SECRET_ACCESS_KEY=abc/DEF+12", "abc/DEF"),
            new Row("{\"api_key\": \"hunter 2\", \"n\": 1}", "hunter 2"),
            new Row("{\\\"password\\\": \\\"hunter2\\\"}", "hunter2"),
            new Row("password='it\"s hunter2'", "hunter2"),
            new Row("{'secret': ['hunter2']}", "hunter2"),
            new Row("tokens: {\"a\": 1}", "\"a\""),
            new Row("password: \"never closed hunter2", "hunter2"))
        .map(
            row ->
                DynamicTest.dynamicTest(
                    row.text(),
                    () ->
                        assertThat(Secrets.UNKNOWN.without(row.text()))
                            .contains("[REDACTED]")
                            .doesNotContain(row.hidden())));
  }

  @TestFactory
  @Rule("C131")
  Stream<DynamicTest> what_is_harmless_stays() {
    return Stream.of(
            "",
            "a task-oriented disk-space-check",
            "the bearer of news",
            "http://host:8080/path?mail=a@b.org",
            "mailto:me@example.org",
            "git@github.com:x/y.git",
            "{'name': 'x', 'count': 3}",
            "no key is given: none",
            "risk-averse, ghost_writer, eyJust a.b",
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
            "the password is not told")
        .map(
            text ->
                DynamicTest.dynamicTest(
                    "'" + text + "'",
                    () -> assertThat(Secrets.UNKNOWN.without(text)).isEqualTo(text)));
  }

  @Test
  @Rule("C131")
  void what_stands_around_a_secret_stays() {
    assertThat(Secrets.UNKNOWN.without("a password=x, b Bearer abcdef. c://u:p@d/e"))
        .isEqualTo("a password=[REDACTED], b Bearer [REDACTED] c://[REDACTED]@d/e");
    assertThat(Secrets.UNKNOWN.without("before\n" + PEM + "\nafter\n" + PEM + "!"))
        .isEqualTo("before\n[REDACTED]\nafter\n[REDACTED]!");
  }

  @Test
  @Rule("C131")
  void what_cells_are_given_under_a_telling_name_is_known_wherever_it_stands() {
    Secrets given =
        Secrets.among(
            Map.of(
                "DB_PASSWORD", "tr0ub4dor",
                "API_TOKEN", "tr0ub4dor-two",
                "MY_SECRET", "yes",
                "HOME", "/home/me"));
    assertThat(given.without("say tr0ub4dor and tr0ub4dor-two; yes, in /home/me"))
        .isEqualTo("say [REDACTED] and [REDACTED]; yes, in /home/me");
  }

  /** A hostile text costs what a plain one does. */
  @Test
  @Rule("C134")
  void no_text_takes_long() {
    for (String piece :
        List.of(
            "a",
            "://",
            ":",
            "@",
            "://a:",
            "-----BEGIN ",
            "-----BEGIN PRIVATE KEY-----",
            "eyJaaaa.",
            "token",
            "token:",
            "token=\"",
            "token \\\\\"",
            "bearer ",
            "sk-",
            "password[[[[",
            " ",
            "'",
            "authorization",
            "-----END PRIVATE KEY",
            "api_",
            "(((((",
            "secret" + "-".repeat(32))) {
      String text = piece.repeat(64 * 1024 / piece.length());
      Instant begun = Instant.now();
      Secrets.UNKNOWN.without(text);
      assertThat(Duration.between(begun, Instant.now())).as(piece).isLessThan(SOON);
    }
  }
}
