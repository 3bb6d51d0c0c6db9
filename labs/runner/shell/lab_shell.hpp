#pragma once
// Bash in a pseudo-terminal (pty(7)). It reports each prompt and each command, and it shows a
// prompt only when show_prompt() is called.
//
//   keys -> type() -> pty -> bash -> pty -> read_events() -> ShellEvent

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/system/file_descriptor.hpp"
#include "labs/runner/shell/shell_events.hpp"

namespace portlab::labs {

class Shell {
 public:
  /// Starts bash in this folder; `locale` is its LC_ALL. The lab's words (hint, back …) are commands
  /// that are reported as events. `before`: a program, and its arguments, that executes bash; then the
  /// shell has also the word "on". Throws a CommandError.
  Shell(const std::string& folder, const std::string& locale,
        const std::vector<std::string>& before = {});
  /// Ends the shell, all that it has started, and all other descendants of this process.
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// For poll(2): readable when read_events() returns events.
  int descriptor() const { return terminal_.get(); }
  /// What has happened since the last call. Does not block.
  std::vector<ShellEvent> read_events();
  /// Writes keys to the terminal. What a program does not read within two seconds may be lost.
  void type(std::string_view keys);
  /// Lets the shell print this prompt and read the next command.
  void show_prompt(const std::string& text);
  /// Whether the program in the foreground reads each key at once: an editor, a pager, another shell.
  bool reads_single_keys() const;
  /// Gives its terminal the size of the one on stdout.
  void resize();

 private:
  bool has_ended() const;

  FileDescriptor terminal_;  ///< the master side
  FileDescriptor prompts_;   ///< a pipe to the shell: each line is a prompt
  pid_t child_ = -1;
  const std::string nonce_;  ///< in each mark
  ShellEventParser parser_{nonce_};
};

}  // namespace portlab::labs
