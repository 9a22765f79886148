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

class CellSourceTest {
  @TempDir Path scratch;

  @Test
  void a_script_is_cut_at_percent_marks_and_blank_cells_are_left_out() throws IOException {
    assertThat(read("a.py", "x = 1\n# %%\n\n# %% second\nprint(x)\n#%%\ny = '# %%'\n"))
        .containsExactly("x = 1\n", "print(x)\n", "y = '# %%'\n");
  }

  @Test
  void a_script_without_marks_is_one_cell() throws IOException {
    assertThat(read("a.py", "x = 1\nprint(x)")).containsExactly("x = 1\nprint(x)");
  }

  @Test
  void standard_input_is_cut_like_a_script() throws IOException {
    byte[] text = "a = 1\n# %%\nb = 2\n".getBytes(StandardCharsets.UTF_8);

    assertThat(CellSource.read("-", new ByteArrayInputStream(text)))
        .containsExactly("a = 1\n", "b = 2\n");
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

    assertThat(read("a.md", text)).containsExactly("a = 1\n", "b = '''\n```\n'''\n", "c = 3\n");
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

    assertThat(read("a.ipynb", text)).containsExactly("a = 1\na", "b = 2");
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

  private List<String> read(String name, String text) throws IOException {
    Path file = Files.writeString(scratch.resolve(name), text);
    return CellSource.read(file.toString(), System.in);
  }
}
