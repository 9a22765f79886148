package dev.pyvisor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pyvisor.testing.Rule;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodeFencesTest {

  @Test
  @Rule({"C23", "C24"})
  void fences_of_python_py_repl_and_of_no_language_are_taken_off() {
    for (String tag : List.of("python", "py", "repl", "")) {
      assertThat(CodeFences.strip("```" + tag + "\nprint(42)\n```")).isEqualTo("print(42)");
      assertThat(CodeFences.strip("```" + tag + " \nprint(42)\n```\n")).isEqualTo("print(42)");
      assertThat(CodeFences.strip("```" + tag + "\r\nprint(42)\r\n```\r\n")).isEqualTo("print(42)");
    }
  }

  @Test
  @Rule("C24")
  void several_blocks_are_trimmed_at_their_ends_and_joined_with_one_blank_line() {
    String text = "First:\n```python\nx = 1\n\n\n```\nthen `x`\n```\nprint(x)   \n```\nDone.";
    assertThat(CodeFences.strip(text)).isEqualTo("x = 1\n\nprint(x)");
  }

  @Test
  @Rule("C24")
  void text_without_a_fence_is_left_as_it_is() {
    for (String text : List.of("", "x = 1\n\n", "s = '`'\n", "s = '```'", "use ```x``` here\n")) {
      assertThat(CodeFences.strip(text)).isEqualTo(text);
    }
  }

  @Test
  @Rule("C24")
  void a_fence_of_another_language_is_not_taken_off() {
    String text = "```bash\nls\n```";
    assertThat(CodeFences.strip(text)).isEqualTo(text);
  }

  @Test
  @Rule("C24")
  void the_end_of_a_block_in_another_language_does_not_begin_one() {
    String text = "```bash\nls\n```\nand\n```python\nprint(1)\n```\n";
    assertThat(CodeFences.strip(text)).isEqualTo("print(1)");
  }

  @Test
  void a_fence_that_is_never_closed_is_left_as_it_is() {
    String text = "```python\nprint(1)\n";
    assertThat(CodeFences.strip(text)).isEqualTo(text);
  }

  @Test
  void a_longer_fence_may_hold_shorter_ones() {
    String text = "````python\ns = \"\"\"\n```\ncode\n```\n\"\"\"\n````";
    assertThat(CodeFences.strip(text)).isEqualTo("s = \"\"\"\n```\ncode\n```\n\"\"\"");
  }

  @Test
  void the_indentation_of_a_block_in_a_list_is_taken_off() {
    String text = "- so:\n  ```python\n  if x:\n      y()\n  ```";
    assertThat(CodeFences.strip(text)).isEqualTo("if x:\n    y()");
  }

  @Test
  void a_fence_without_code_is_an_empty_cell() {
    assertThat(CodeFences.strip("```python\n```")).isEmpty();
  }
}
