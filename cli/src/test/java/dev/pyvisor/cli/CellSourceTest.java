package dev.pyvisor.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CellSourceTest {
  @TempDir Path scratch;

  @Test
  void a_script_is_cut_at_percent_marks_and_blank_cells_are_left_out() throws IOException {
    assertThat(read("a.py", "x = 1\n# %%\n\n# %% second\nprint(x)\n#%%\ny = '# %%'\n"))
        .containsExactly(code("x = 1\n"), code("print(x)\n"), code("y = '# %%'\n"));
  }

  @Test
  void a_script_without_marks_is_one_cell() throws IOException {
    assertThat(read("a.py", "x = 1\nprint(x)")).containsExactly(code("x = 1\nprint(x)"));
  }

  @Test
  void standard_input_is_cut_like_a_script() throws IOException {
    byte[] text = "a = 1\n# %%\nb = 2\n".getBytes(StandardCharsets.UTF_8);

    assertThat(CellSource.read("-", new ByteArrayInputStream(text)))
        .containsExactly(code("a = 1\n"), code("b = 2\n"));
  }

  @Test
  void a_markdown_file_gives_its_python_fences_only() throws IOException {
    String text =
        """
        # Title
        ```python
        a = 1
        ```
        ```bash
        rm -rf /
        ```
        ~~~py
        b = '''
        ```
        '''
        ~~~
        ````{python}
        c = 3
        ````
        ```
        untagged
        ```
        """;

    assertThat(read("a.md", text))
        .containsExactly(code("a = 1\n"), code("b = '''\n```\n'''\n"), code("c = 3\n"));
  }

  @Test
  void a_fence_that_is_indented_takes_its_indentation_off_the_code() throws IOException {
    String text = "- first:\n\n  ```python\n  if 1:\n      x = 1\n\n y = 2\n  ```\n";

    assertThat(read("a.md", text)).containsExactly(code("if 1:\n    x = 1\n\ny = 2\n"));
  }

  @Test
  void a_notebook_gives_its_code_cells_in_either_form_of_source() throws IOException {
    String text =
        """
        {"cells": [
          {"cell_type": "markdown", "source": ["# no"]},
          {"cell_type": "code", "source": ["a = 1\\n", "a"]},
          {"cell_type": "code", "source": "b = 2"},
          {"cell_type": "code", "source": []}
        ], "nbformat": 4}
        """;

    assertThat(read("a.ipynb", text)).containsExactly(code("a = 1\na"), code("b = 2"));
  }

  @Test
  void what_is_no_notebook_is_refused_by_name() {
    assertThatThrownBy(() -> read("a.ipynb", "{\"worksheets\": []}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a.ipynb is not a notebook");
    assertThatThrownBy(() -> read("b.ipynb", "not json"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("b.ipynb is not a notebook");
  }

  @Test
  void a_file_that_is_missing_not_text_or_empty_is_refused_by_name() throws IOException {
    assertThatThrownBy(() -> CellSource.read(scratch.resolve("none.py").toString(), System.in))
        .isInstanceOf(NoSuchFileException.class);
    Path binary = Files.write(scratch.resolve("latin.py"), new byte[] {'x', (byte) 0xe9, '\n'});
    assertThatThrownBy(() -> CellSource.read(binary.toString(), System.in))
        .hasMessageContaining("latin.py is not UTF-8 text");
    assertThatThrownBy(() -> read("empty.py", " \n# %%\n"))
        .hasMessageContaining("empty.py holds no Python cell");
    assertThatThrownBy(() -> CellSource.read(scratch.toString(), System.in))
        .hasMessageContaining("is a directory");
  }

  @Test
  void two_kinds_of_marks_are_directives_and_the_code_below_them_is_a_cell() throws IOException {
    assertThat(
            read(
                "a.py",
                "x = 1\n# %% checkpoint loaded\nx = 2\n#%%\trollback  loaded \r\n# %%\nprint(x)\n"))
        .containsExactly(
            code("x = 1\n"),
            new Step.Checkpoint("loaded"),
            code("x = 2\n"),
            new Step.Rollback("loaded"),
            code("print(x)\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "# %% some title",
        "# %% checkpoint",
        "# %% checkpoint the loaded data",
        "# %% Checkpoint loaded",
        "# %% checkpoint: loaded",
        "# %% checkpoints loaded",
        "# %%checkpoint loaded",
        "# %% rolling back",
        "# %% [markdown]"
      })
  void every_other_mark_stays_a_title(String mark) throws IOException {
    assertThat(read("a.py", "x = 1\n" + mark + "\nx = 2\n"))
        .containsExactly(code("x = 1\n"), code("x = 2\n"));
  }

  @Test
  void a_fence_and_a_notebook_cell_may_begin_with_a_directive() throws IOException {
    assertThat(
            read(
                "a.md",
                """
                ```python
                # %% checkpoint a
                ```
                ```python

                # %% rollback a
                x = 1
                # %% checkpoint not_at_the_beginning
                ```
                """))
        .containsExactly(
            new Step.Checkpoint("a"),
            new Step.Rollback("a"),
            code("x = 1\n# %% checkpoint not_at_the_beginning\n"));
    assertThat(
            read(
                "a.ipynb",
                """
                {"cells": [
                  {"cell_type": "code", "source": ["# %% rollback b"]},
                  {"cell_type": "code", "source": ["x = 1"]},
                  {"cell_type": "markdown", "source": ["# %% checkpoint b"]}
                ]}
                """))
        .containsExactly(new Step.Rollback("b"), code("x = 1"));
  }

  @Test
  void a_file_of_directives_alone_holds_no_cell() {
    assertThatThrownBy(() -> read("a.py", "# %% checkpoint a\n"))
        .hasMessageContaining("a.py holds no Python cell");
  }

  private static Step code(String text) {
    return new Step.Code(text);
  }

  private List<Step> read(String name, String text) throws IOException {
    Path file = Files.writeString(scratch.resolve(name), text);
    return CellSource.read(file.toString(), System.in);
  }
}
